// The chart of free pieces over time, with marks for what happened.
(() => {
  'use strict';

  const tools = window.kautopsyCharts;
  const {axis, colour, css, number, rowsOf, unitFor} = tools;
  const BAND = 0.3;  // share of the width that undated moments get where there are dated ones, too
  const MARKS = {kill: ['kill', 'crossRot'], refusal: ['refusal', 'triangle'],
                 boot: ['boot', 'rectRot'], command: ['command', 'star']};

  // 0 has a line of its own below 1, where a logarithm would have no place for it.
  const height = (pieces) => (pieces === null ? null : pieces === 0 ? 0 : Math.log10(pieces) + 1);
  const pieces = (value) => (value === 0 ? '0' : (10 ** (value - 1)).toLocaleString('en'));

  // Where each row stands from 0 to 1: dated ones by their time, undated ones evenly in a band.
  const places = (rows) => {
    const after = rows.map((row) =>
      (row.dataset.after === undefined ? null : Number(row.dataset.after)));
    const dated = after.filter((value) => value !== null);
    const undated = rows.length - dated.length;
    const band = undated === 0 ? 0 : dated.length === 0 ? 1 : BAND;
    const last = Math.max(...dated, 0);
    let seen = 0;
    const xs = after.map((value) => {
      if (value === null) return 1 - band + (band * (seen++ + 0.5)) / undated;
      return last === 0 ? (1 - band) / 2 : 0.02 + (value / last) * (0.94 - band);
    });
    return {xs, after, band, last};
  };

  const shade = (band) => ({
    id: 'band',
    beforeDatasetsDraw: ({ctx: pen, chartArea: area, scales}) => {
      if (band === 0) return;
      const x = scales.x.getPixelForValue(1 - band);
      pen.save();
      pen.fillStyle = css('--card');
      pen.fillRect(x, area.top, area.right - x, area.bottom - area.top);
      pen.fillStyle = css('--dim');
      pen.font = '12px sans-serif';
      pen.textAlign = 'right';
      pen.fillText('undated, by position', area.right - 4, area.bottom - 6);
      pen.restore();
    },
  });

  // Steps between moments whose pieces are known; where one is not, or the band begins, they break.
  const seriesOf = (rows, xs, after, column) => {
    const points = [];
    rows.forEach((row, i) => {
      if (i > 0 && (after[i] === null) !== (after[i - 1] === null)) points.push({x: xs[i], y: null});
      points.push({x: xs[i], y: height(number(row.cells[column])), row: i});
    });
    return points;
  };

  const marksOf = (rows, xs, top) => Object.entries(MARKS).map(([mark, [label, pointStyle]], i) => ({
    label, pointStyle, showLine: false, radius: 7, borderWidth: 2, borderColor: css('--killed'),
    backgroundColor: css('--back'), order: -1 - i,
    data: rows.map((row, at) => ({x: xs[at], y: row.dataset.mark === mark ? top : null, row: at}))
      .filter((point) => point.y !== null)})).filter((set) => set.data.length > 0);

  const settings = (table) => {
    const rows = rowsOf(table);
    const heads = [...table.tHead.rows[0].cells];
    const columns = heads.map((head, i) => i).filter((i) => heads[i].textContent.startsWith('pieces'));
    const {xs, after, band, last} = places(rows);
    const sets = columns.map((column, i) => ({
      label: heads[column].textContent, data: seriesOf(rows, xs, after, column), stepped: true,
      borderColor: colour(i), backgroundColor: colour(i), borderDash: i % 2 ? [6, 3] : [],
      pointStyle: i % 2 ? 'rect' : 'circle', radius: 4 + 3 * (i % 3), borderWidth: 2,
      pointBackgroundColor: i === 0 ? colour(i) : 'transparent'}));  // what lies behind shows
    const known = sets.flatMap((set) => set.data.map((point) => point.y ?? 0));
    const top = Math.ceil(Math.max(2, ...known)) + 1;
    const [seconds, unit] = unitFor(last);
    const first = rows.find((row) => row.dataset.after !== undefined);
    const title = first ? `${unit} after ${first.cells[0].textContent}` : '';
    const ticks = [];
    const step = Math.max(1, Math.ceil(last / seconds / 6));
    for (let at = 0; last > 0 && at * seconds <= last; at += step)
      ticks.push({value: 0.02 + ((at * seconds) / last) * (0.94 - band), label: String(at)});
    const words = (at) => rows[at.raw.row].cells[1].firstChild.textContent;
    return {
      type: 'line',
      data: {datasets: [...sets, ...marksOf(rows, xs, top - 0.5)]},
      options: {
        spanGaps: false,
        plugins: {
          legend: tools.legend(true, {usePointStyle: true, boxWidth: 8, boxHeight: 8}),
          tooltip: {callbacks: {title: (at) => rows[at[0].raw.row].cells[0].textContent,
                                label: (at) => (at.dataset.stepped
                                  ? `${words(at)}: ${pieces(at.raw.y)}` : words(at))}}},
        scales: {
          x: axis(title, {type: 'linear', min: 0, max: 1,
                          afterBuildTicks: (scale) => { scale.ticks = ticks; },
                          ticks: {callback: (value, i) => ticks[i]?.label ?? ''}}),
          y: axis('free pieces, logarithmic', {min: -1, max: top, afterBuildTicks: (scale) => {
            scale.ticks = Array.from({length: top}, (_, value) => ({value}));
          }, ticks: {callback: pieces}})}},
      plugins: [shade(band)],
    };
  };

  tools.kinds.timeline = (place, table, summary) => {
    tools.draw(tools.addCanvas(place, 'plot', summary), () => settings(table));
  };

  for (const place of document.querySelectorAll('.chart')) {
    const table = document.getElementById(place.dataset.table);
    const kind = tools.kinds[place.dataset.chart];
    if (!table || !kind) continue;
    place.querySelector('.without').remove();
    kind(place, table, place.dataset.summary);
  }
})();
