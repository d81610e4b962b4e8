// Charts over several incidents: whether they come back, and what grows within one boot.
(() => {
  'use strict';

  const tools = window.kautopsyCharts;
  const {axis, colour, css, number, rowsOf, textOf, unitFor} = tools;
  const KB_PER_GIB = 1024 * 1024;
  const MS_PER_DAY = 86400 * 1000;
  const SHAPES = ['circle', 'rectRot', 'triangle', 'rect', 'cross', 'star'];
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

  const MANY = 60;  // points; larger marks would cover each other
  const columnNamed = (table, name) => [...table.tHead.rows[0].cells]
    .findIndex((head) => head.textContent.startsWith(name));
  const dated = (ms, seconds) => new Date(ms).toISOString().slice(0, seconds ? 19 : 10)
    .replace('T', ' ');

  // Midnights, a few of them; within a few days whatever the chart chooses.
  const midnights = (most) => (scale) => {
    const days = (scale.max - scale.min) / MS_PER_DAY;
    if (days < 3) return;
    const step = Math.ceil(days / most);
    scale.ticks = [];
    for (let day = Math.ceil(scale.min / MS_PER_DAY); day * MS_PER_DAY <= scale.max; day += step)
      scale.ticks.push({value: day * MS_PER_DAY});
  };

  tools.kinds.recurrence = (place, table, summary) => {
    const column = columnNamed(table, 'since the one before');
    const all = rowsOf(table).map((row) => ({
      at: Number(row.dataset.at), host: textOf(row.cells[1]), gap: number(row.cells[column])}));
    const dots = all.filter((dot) => dot.gap !== null);
    const [seconds, unit] = unitFor(Math.max(...dots.map((dot) => dot.gap)));
    const times = dots.map((dot) => dot.at);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const room = Math.max(1000, (last - first) * 0.04);  // dots do not stand on the frame
    const hosts = [...new Set(dots.map((dot) => dot.host))];
    const short = last - first + 2 * room < 3 * MS_PER_DAY;
    const canvas = tools.addCanvas(place, 'plot', summary);
    tools.draw(canvas, () => ({
      type: 'scatter',
      data: {datasets: hosts.map((host, i) => ({
        label: host, pointStyle: SHAPES[i % SHAPES.length], borderWidth: 2,
        radius: dots.length > MANY ? 3 : 6,
        hoverRadius: 8, borderColor: colour(i), backgroundColor: colour(i),
        data: dots.filter((dot) => dot.host === host)
          .map((dot) => ({x: dot.at, y: dot.gap / seconds}))}))},
      options: {
        plugins: {
          legend: tools.legend(true, {usePointStyle: true, boxWidth: 8, boxHeight: 8}),
          tooltip: {callbacks: {label: (at) => `${at.dataset.label}, ${dated(at.raw.x, true)}: ` +
                                               `${Number(at.raw.y.toFixed(1))} ${unit}`}}},
        scales: {
          x: axis('date, UTC', {type: 'linear', min: first - room, max: last + room,
                                afterBuildTicks: midnights(canvas.parentNode.clientWidth / 120),
                                ticks: {callback: (value) => dated(value, short), maxTicksLimit: 6,
                                        maxRotation: 30}}),
          y: axis(`${unit} since the one before`, {min: 0, grace: '10%'})}},
    }));
  };

  tools.kinds.boot = (place, table, summary) => {
    const heads = [...table.tHead.rows[0].cells];
    const when = columnNamed(table, 'after');
    const rows = rowsOf(table).filter((row) => number(row.cells[when]) !== null);
    const columns = [...heads.keys()].filter((i) => i > when &&
      rows.some((row) => number(row.cells[i]) !== null));
    const sizes = rows.flatMap((row) => columns.map((i) => number(row.cells[i]) ?? 0));
    const [size, per] = Math.max(...sizes) >= KB_PER_GIB ? ['GiB', KB_PER_GIB] : ['MiB', 1024];
    const times = rows.map((row) => number(row.cells[when]) / 1000);
    const [seconds, unit] = unitFor(Math.max(...times) - Math.min(...times));
    tools.draw(tools.addCanvas(place, 'plot', summary), () => ({
      type: 'line',
      data: {datasets: columns.map((column, i) => ({
        label: heads[column].textContent, borderColor: colour(i), borderDash: DASHES[i],
        borderWidth: 2, pointStyle: SHAPES[i],
        radius: rows.length > MANY ? 1.5 : 5, pointBackgroundColor: css('--back'),
        data: rows.map((row, at) => ({
          x: times[at] / seconds,
          y: number(row.cells[column]) === null ? null : number(row.cells[column]) / per}))}))},
      options: {
        spanGaps: false,
        plugins: {
          legend: tools.legend(true, {usePointStyle: true, boxWidth: 8, boxHeight: 8}),
          tooltip: {callbacks: {
            title: (at) => textOf(rows[at[0].dataIndex].cells[0]),
            label: (at) => `${at.dataset.label}: ${Number(at.raw.y.toFixed(2))} ${size}`}}},
        scales: {
          x: axis(`${unit} ${heads[when].textContent}`, {type: 'linear', ticks: {maxTicksLimit: 8}}),
          y: axis(size, {min: 0, grace: '10%'})}},
    }));
  };
})();
