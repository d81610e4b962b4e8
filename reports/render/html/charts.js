// Draws what the tables behind the charts say; nothing is drawn that no table holds.
(() => {
  'use strict';

  // Okabe and Ito's colours, told apart by the colour-blind; hatching tells the rest apart.
  const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#b3801a', '#a84d82', '#3d7ea6', '#6b6b6b'];
  const DARK = ['#56b4e9', '#f08a4b', '#2fc79a', '#e6b34a', '#e08fc0', '#9ad0f0', '#b5b5b5'];
  const MOST_BARS = 20;
  const SMALLEST_SHARE = 0.001;  // of RAM: less cannot be seen
  const KB_PER_GIB = 1024 * 1024;
  const charts = [];

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = () => getComputedStyle(document.documentElement).colorScheme === 'dark';
  const colour = (index) => (dark() ? DARK : LIGHT)[index % LIGHT.length];
  const number = (cell) => (cell && cell.dataset.v !== undefined ? Number(cell.dataset.v) : null);
  const rowsOf = (table) => [...table.tBodies[0].rows];
  // Of a cell the text alone, without the links and marks in it.
  const textOf = (cell) => (cell.firstChild ? cell.firstChild.textContent.trim() : '');
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const columnOf = (table, name) =>
    [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === name);

  const size = (kb) => {
    const gib = kb / KB_PER_GIB;
    if (gib >= 1) return `${gib.toFixed(1)} GiB`;
    return kb >= 1024 ? `${(kb / 1024).toFixed(1)} MiB` : `${Math.round(kb)} KiB`;
  };

  // A unit of time that makes a few of so many seconds.
  const UNITS_OF_TIME = [[86400, 'days'], [3600, 'hours'], [60, 'minutes'], [1, 'seconds']];
  const unitFor = (seconds) =>
    UNITS_OF_TIME.find(([each]) => seconds >= 2 * each) ?? UNITS_OF_TIME[3];

  // The next number that a scale ends well with.
  const roundUp = (value) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 1.5, 2, 3, 4, 5, 8, 10].find((each) => each * power >= value) * power;
  };

  // Strokes in the colour on the page's ground; `back` turns them the other way.
  const hatch = (stroke, back = false) => {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    pen.fillStyle = css('--back');
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = stroke;
    pen.lineWidth = 2;
    for (const shift of [-8, 0, 8]) {
      pen.beginPath();
      pen.moveTo(back ? shift + 8 : shift, 0);
      pen.lineTo(back ? shift : shift + 8, 8);
      pen.stroke();
    }
    return pen.createPattern(tile, 'repeat');
  };

  const axis = (title, more = {}) => ({
    ticks: {color: css('--dim'), ...more.ticks},
    grid: {color: css('--line'), ...more.grid},
    title: {display: Boolean(title), text: title, color: css('--dim')},
    ...Object.fromEntries(Object.entries(more).filter(([key]) => !['ticks', 'grid'].includes(key))),
  });

  const legend = (show, more = {}) =>
    ({display: show, position: 'bottom', labels: {color: css('--text'), ...more}});

  // A canvas with its sentence and, if given, a caption.
  const addCanvas = (place, height, summary, caption) => {
    const figure = document.createElement('figure');
    const box = document.createElement('div');
    box.className = `canvas ${height}`;
    const canvas = document.createElement('canvas');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', summary);
    box.append(canvas);
    figure.append(box);
    if (caption) {
      const words = document.createElement('figcaption');
      words.textContent = caption;
      figure.prepend(words);
    }
    place.append(figure);
    return canvas;
  };

  // `make` gives the settings anew, since colours change with the theme.
  const draw = (canvas, make) => {
    const entry = {canvas, make, chart: null};
    entry.redraw = () => {
      if (entry.chart) entry.chart.destroy();
      const settings = make();
      settings.options = {animation: false, responsive: true, maintainAspectRatio: false,
                          ...settings.options};
      entry.chart = new Chart(canvas, settings);
    };
    entry.redraw();
    charts.push(entry);
  };

  // A dashed line with its words over the chart, at a place of the x axis.
  const lineAt = (index, words) => ({
    id: 'line',
    afterDatasetsDraw: (chart) => {
      const {ctx: pen, chartArea: area, scales} = chart;
      const x = scales.x.getPixelForValue(index);
      pen.save();
      pen.strokeStyle = css('--killed');
      pen.fillStyle = css('--killed');
      pen.setLineDash([5, 4]);
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(x, area.top);
      pen.lineTo(x, area.bottom);
      pen.stroke();
      pen.font = '12px sans-serif';
      const right = x + 6 + pen.measureText(words).width < area.right;
      pen.textAlign = right ? 'left' : 'right';
      pen.fillText(words, right ? x + 6 : x - 6, area.top + 12);
      pen.restore();
    },
  });

  const UNITS = {
    share: {name: 'share, %', of: (count, kb, all) => (count ? (100 * count * kb) / all : null)},
    size: {name: 'MiB, logarithmic', of: (count, kb) => (count ? (count * kb) / 1024 : null)},
    count: {name: 'pieces, logarithmic', of: (count) => count || null},
  };

  const listValues = (row, sizes, of) => {
    const counts = [...row.cells].slice(1).map(number);
    const all = counts.reduce((sum, count, i) => sum + (count || 0) * sizes[i], 0) || 1;
    return counts.map((count, i) => (count === null ? null : of(count, sizes[i], all)));
  };

  // `beside` is the row of the same zone at another moment, null if there is none.
  const listSettings = (table, row, beside, unit, asked) => {
    const heads = [...table.tHead.rows[0].cells].slice(1);
    const sizes = heads.map((head) => number(head));
    const {name, of} = UNITS[unit];
    const sets = [{label: 'then', data: listValues(row, sizes, of), backgroundColor: colour(0),
                   minBarLength: 2}];
    if (beside) {
      sets.push({label: table.dataset.besideWords, data: listValues(beside, sizes, of),
                 backgroundColor: hatch(colour(1)), borderColor: colour(1), borderWidth: 1,
                 minBarLength: 2});
    }
    const y = unit === 'share' ? axis(name, {min: 0, max: 100, ticks: {stepSize: 25}})
                               : axis(name, {type: 'logarithmic', min: unit === 'size' ? 0.001 : 1});
    return {
      type: 'bar',
      data: {labels: heads.map((head) => head.textContent.trim().replace(/ ([KMG])iB$/, '$1')),
             datasets: sets},
      options: {plugins: {legend: legend(Boolean(beside), {boxWidth: 12, font: {size: 11}})},
                scales: {x: axis('size of piece, bytes', {ticks: {autoSkip: false, font: {size: 11}}}), y}},
      plugins: sizes.includes(asked) ? [lineAt(sizes.indexOf(asked), table.dataset.askedWords)] : [],
    };
  };

  const addUnits = (place, table, change) => {
    const set = document.createElement('fieldset');
    set.className = 'units';
    const title = document.createElement('legend');
    title.textContent = 'Bars show';
    set.append(title);
    for (const [value, words] of [['share', 'share'], ['size', 'MiB'], ['count', 'pieces']]) {
      const label = document.createElement('label');
      const radio = document.createElement('input');
      radio.type = 'radio';
      radio.name = `${table.id}-unit`;
      radio.checked = value === 'share';
      radio.addEventListener('change', () => change(value));
      label.append(radio, ` ${words}`);
      set.append(label);
    }
    place.append(set);
  };

  const drawLists = (place, table) => {
    let unit = 'share';
    const mine = [];
    addUnits(place, table, (value) => {
      unit = value;
      for (const entry of mine) entry.redraw();
    });
    const panels = document.createElement('div');
    panels.className = 'panels';
    place.append(panels);
    const asked = Number(table.dataset.asked);
    const others = table.dataset.beside ? rowsOf(document.getElementById(table.dataset.beside)) : [];
    for (const row of rowsOf(table)) {
      const zone = textOf(row.cells[0]);
      const beside = others.find((other) => textOf(other.cells[0]) === zone) ?? null;
      const summary = beside
        ? `${row.dataset.summary}; ${table.dataset.besideWords}: ${beside.dataset.summary}`
        : row.dataset.summary;
      const canvas = addCanvas(panels, 'short', summary, zone);
      draw(canvas, () => listSettings(table, row, beside, unit, asked));
      mine.push(charts[charts.length - 1]);
    }
  };

  // Writes an item's name into its part of the bar where it fits and is not small.
  const insideNames = {
    id: 'inside',
    afterDatasetsDraw: (chart) => {
      const pen = chart.ctx;
      pen.save();
      pen.font = '600 12px sans-serif';
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      chart.data.datasets.forEach((set, i) => {
        const bar = chart.getDatasetMeta(i).data[0];
        const width = Math.abs(bar.x - bar.base);
        const wide = pen.measureText(set.label).width + 12;
        if (set.share < 0.04 || width < wide) return;
        const x = (bar.x + bar.base) / 2;
        pen.fillStyle = css('--back');
        pen.fillRect(x - wide / 2, bar.y - 10, wide, 20);
        pen.fillStyle = css('--text');
        pen.fillText(set.label, x, bar.y);
      });
      pen.restore();
    },
  };

  // One bar for the machine, and one for each node that the table has a column of.
  const drawMemory = (place, table, summary) => {
    const heads = [...table.tHead.rows[0].cells];
    const columns = [1, ...heads.keys()].filter((i, at) => at === 0 || heads[i].dataset.v);
    const items = rowsOf(table).map((row) => ({
      name: textOf(row.cells[0]), kb: columns.map((i) => Math.max(0, number(row.cells[i]) ?? 0))}));
    const all = items.reduce((sum, item) => sum + item.kb[0], 0);
    const [unit, per] = all >= 4 * KB_PER_GIB ? ['GiB', KB_PER_GIB] : ['MiB', 1024];
    const drawn = items.filter((item) => item.kb[0] >= SMALLEST_SHARE * all);
    const fill = (i, name) => {
      if (name === 'free') return css('--card');
      return i % 2 ? hatch(colour(i), i % 4 === 1) : colour(i);
    };
    const canvas = addCanvas(place, 'band', summary);
    canvas.parentNode.style.height = `${7 + 3 * columns.length}rem`;
    draw(canvas, () => ({
      type: 'bar',
      data: {labels: columns.map((i) => (i === 1 ? 'machine' : heads[i].textContent.trim())),
             datasets: drawn.map((item, i) => ({
               label: item.name, data: item.kb.map((kb) => kb / per), share: item.kb[0] / all,
               backgroundColor: fill(i, item.name), borderColor: css('--text'), borderWidth: 1}))},
      options: {indexAxis: 'y',
                plugins: {legend: legend(true), tooltip: {callbacks: {
                  label: (at) => `${at.dataset.label}: ${size(at.raw * per)}`}}},
                scales: {x: axis(unit, {stacked: true, max: all / per,
                                        ticks: {callback: (value) => Number(value.toFixed(1))}}),
                         y: axis('', {stacked: true})}},
      plugins: [insideNames],
    }));
  };

  // Outlines of what each bar was before, a little taller than the bars so that both show.
  const ghostBars = (sizes, per) => ({
    id: 'ghosts',
    afterDatasetsDraw: (chart) => {
      const {ctx: pen, scales} = chart;
      const zero = scales.x.getPixelForValue(0);
      pen.save();
      pen.strokeStyle = css('--text');
      pen.setLineDash([4, 3]);
      pen.lineWidth = 1.5;
      chart.getDatasetMeta(0).data.forEach((bar, i) => {
        if (sizes[i] === null) return;
        const tall = bar.height + 4;
        pen.strokeRect(zero, bar.y - tall / 2, scales.x.getPixelForValue(sizes[i] / per) - zero,
                       tall);
      });
      pen.restore();
    },
  });

  const drawTasks = (place, table, summary) => {
    const rss = columnOf(table, 'rss');
    const earlier = columnOf(table, 'rss before');
    const ram = Number(table.dataset.ram);
    const bars = rowsOf(table).map((row) => ({
      name: textOf(row.cells[0]), kb: number(row.cells[rss]),
      before: earlier < 0 ? null : number(row.cells[earlier]),
      killed: row.dataset.killed === '1', guest: row.dataset.guest === '1'}))
      .filter((bar) => bar.kb > 0)
      .sort((one, other) => other.guest - one.guest || other.kb - one.kb)
      .slice(0, MOST_BARS);
    if (bars.length === 0) return;
    const ghosts = bars.some((bar) => bar.before !== null);
    const largest = Math.max(...bars.map((bar) => Math.max(bar.kb, bar.before ?? 0)));
    const [unit, per] = largest >= KB_PER_GIB ? ['GiB', KB_PER_GIB] : ['MiB', 1024];
    const canvas = addCanvas(place, 'tall', summary,
                             `The ${bars.length} largest; hatched and marked: killed` +
                             (ghosts ? '; dashed outline: in the report before' : ''));
    canvas.parentNode.style.height = `${6 + 1.5 * bars.length}rem`;
    const make = () => {
      const top = roundUp((largest / per) * 1.02);
      const scales = {x: axis(`rss, ${unit}`, {min: 0, max: top}),
                      y: axis('', {ticks: {autoSkip: false, color: css('--text')}})};
      if (ram > 0) {
        const percent = (value) => `${((100 * value * per) / ram).toFixed(1)} %`;
        scales.share = axis('share of RAM', {axis: 'x', position: 'top', min: 0, max: top,
                                             grid: {display: false}, ticks: {callback: percent}});
      }
      return {
        type: 'bar',
        data: {labels: bars.map((bar) => short(bar.name, 24) + (bar.killed ? ' (killed)' : '')),
               datasets: [{data: bars.map((bar) => bar.kb / per), borderWidth: 1,
                           borderColor: bars.map((bar) => (bar.killed ? colour(1) : colour(0))),
                           backgroundColor: bars.map((bar) =>
                             (bar.killed ? hatch(colour(1)) : colour(0)))}]},
        plugins: ghosts ? [ghostBars(bars.map((bar) => bar.before), per)] : [],
        options: {indexAxis: 'y', scales, plugins: {legend: {display: false}, tooltip: {callbacks: {
          label: (at) => size(at.raw * per) + (bars[at.dataIndex].before === null
            ? '' : `, before ${size(bars[at.dataIndex].before)}`)}}}},
      };
    };
    draw(canvas, make);
  };

  const drawPeriods = (place, table, summary) => {
    const heads = [...table.tHead.rows[0].cells];
    const parts = heads.map((head, i) => (head.dataset.v === undefined ? -1 : i))
      .filter((i) => i >= 0);
    if (parts.length === 0) return;
    draw(addCanvas(place, 'plot', summary), () => ({
      type: 'bar',
      data: {labels: parts.map((i) => number(heads[i])),
             datasets: rowsOf(table).map((row, i) => ({
               label: short(textOf(row.cells[0]), 24), data: parts.map((at) => number(row.cells[at])),
               backgroundColor: i % 2 ? hatch(colour(i)) : colour(i), borderColor: colour(i),
               borderWidth: 1}))},
      options: {plugins: {legend: legend(true)},
                scales: {x: axis('parts of the whole time', {stacked: true}),
                         y: axis('incidents', {stacked: true, min: 0, ticks: {precision: 0}})}},
    }));
  };

  window.kautopsyCharts = {addCanvas, axis, colour, css, draw, legend, number, rowsOf, textOf,
                           unitFor,
                           kinds: {lists: drawLists, memory: drawMemory, tasks: drawTasks,
                                   periods: drawPeriods}};

  const redrawAll = () => {
    for (const entry of charts) entry.redraw();
  };
  document.addEventListener('kautopsy-theme', redrawAll);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
})();
