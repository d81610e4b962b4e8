// Sorts and searches tables, and copies what they show. The page's fragment keeps what was chosen,
// so that a link leads to it: #table=tasks-5&sort=3:down&find=java, #task=3878.
(() => {
  'use strict';

  const live = document.getElementById('live');
  const say = (words) => { live.textContent = words; };
  const state = {table: null, sort: null, find: ''};

  const remember = () => {
    const parts = new URLSearchParams();
    parts.set('table', state.table);
    if (state.sort) parts.set('sort', state.sort);
    if (state.find) parts.set('find', state.find);
    history.replaceState(null, '', `#${parts}`);
  };

  const keep = (table, change) => {
    if (state.table !== table.id) Object.assign(state, {table: table.id, sort: null, find: ''});
    Object.assign(state, change);
    remember();
  };

  const nameOf = (head) => head.dataset.name;

  // Numbers by what they are, not by how they are written; what is not known stands last.
  const compare = (column, down, numeric) => (one, other) => {
    const [a, b] = [one.cells[column], other.cells[column]];
    const sign = down ? -1 : 1;
    if (!numeric) return sign * a.textContent.localeCompare(b.textContent, 'en');
    const [x, y] = [a.dataset.v, b.dataset.v];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    return sign * (Number(x) - Number(y));
  };

  const sortBy = (table, column, down) => {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const numeric = rows.some((row) => row.cells[column].dataset.v !== undefined);
    rows.sort(compare(column, down, numeric));
    table.tBodies[0].append(...rows);
    heads.forEach((head, i) => {
      if (i === column) head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    say(`Sorted by ${nameOf(heads[column])}, ${down ? 'largest' : 'smallest'} first, ` +
        `${rows.length} rows`);
  };

  const makeSortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.textContent = head.dataset.name = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        // Numbers show the largest first, words run from A.
        const before = head.getAttribute('aria-sort');
        const down = before ? before === 'ascending' : head.classList.contains('n');
        sortBy(table, column, down);
        keep(table, {sort: `${column}:${down ? 'down' : 'up'}`});
      });
    });
  };

  const search = (table, words, count) => {
    const wanted = words.toLowerCase();
    const rows = [...table.tBodies[0].rows];
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown.toLocaleString('en')} of ${rows.length.toLocaleString('en')} shown`;
    say(count.textContent);
  };

  // A cell that a spreadsheet would run as a formula is marked as text.
  const csvCell = (cell) => {
    const number = cell.dataset.v;
    let text = number ?? cell.textContent.trim();
    if (number === undefined && /^[=+@\-\t]/.test(text)) text = `'${text}`;
    return `"${text.replaceAll('"', '""')}"`;
  };

  const csvOf = (table) => {
    const heads = [...table.tHead.rows[0].cells].map((head) => `"${nameOf(head) ?? head.textContent}"`);
    const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden)
      .map((row) => [...row.cells].map(csvCell).join(','));
    return [heads.join(','), ...rows].join('\r\n');
  };

  const makeSearchable = (table) => {
    const bar = document.createElement('div');
    bar.className = 'filter';
    const label = document.createElement('label');
    label.textContent = 'Search ';
    const input = document.createElement('input');
    input.type = 'search';
    input.setAttribute('aria-controls', table.id);
    label.append(input);
    const count = document.createElement('span');
    count.className = 'count';
    count.textContent = `${table.tBodies[0].rows.length.toLocaleString('en')} rows`;
    const copy = document.createElement('button');
    copy.type = 'button';
    copy.textContent = 'Copy as CSV';
    copy.addEventListener('click', () =>
      window.kautopsyCopy(csvOf(table), 'The rows shown are copied; sizes are in KiB'));
    input.addEventListener('input', () => {
      search(table, input.value, count);
      keep(table, {find: input.value});
    });
    bar.append(label, count, copy);
    table.closest('.scroll').before(bar);
    table.search = (words) => {
      input.value = words;
      search(table, words, count);
    };
  };

  const showTask = (pid) => {
    const row = [...document.querySelectorAll('tr[data-pid]')].find((tr) => tr.dataset.pid === pid);
    if (!row) return;
    row.classList.add('chosen');
    row.scrollIntoView({block: 'center'});
    say(`Process ${pid}: ${row.cells[0].textContent}`);
  };

  const restore = () => {
    for (const row of document.querySelectorAll('tr.chosen')) row.classList.remove('chosen');
    if (!location.hash.includes('=')) return;
    const parts = new URLSearchParams(location.hash.slice(1));
    if (parts.has('task')) showTask(parts.get('task'));
    const table = document.getElementById(parts.get('table') ?? '');
    if (!table || !table.classList.contains('sortable')) return;
    const sort = /^(\d{1,2}):(up|down)$/.exec(parts.get('sort') ?? '');
    Object.assign(state, {table: table.id, sort: sort ? sort[0] : null, find: ''});
    if (sort && Number(sort[1]) < table.tHead.rows[0].cells.length)
      sortBy(table, Number(sort[1]), sort[2] === 'down');
    if (parts.has('find') && table.search) {
      state.find = parts.get('find');
      table.search(state.find);
    }
    table.closest('.scroll').scrollIntoView();
  };

  for (const table of document.querySelectorAll('table.sortable')) makeSortable(table);
  for (const table of document.querySelectorAll('table[data-search]')) makeSearchable(table);
  addEventListener('hashchange', restore);
  restore();
})();
