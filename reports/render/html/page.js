// The page's own buttons: theme, print, copy; and what links and printing need unfolded.
(() => {
  'use strict';

  const root = document.documentElement;
  const live = document.getElementById('live');
  const bar = document.getElementById('tools');
  const isDark = () => getComputedStyle(root).colorScheme === 'dark';

  const addButton = (place, words, act) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = words;
    button.addEventListener('click', () => act(button));
    place.append(button);
    return button;
  };

  // The clipboard's own way is not there for files that are opened from a disk everywhere.
  const copyOldWay = (text) => {
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('aria-hidden', 'true');
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  };

  const copy = async (text, words) => {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      done = copyOldWay(text);
    }
    live.textContent = done ? words : 'The browser does not let the page copy';
  };
  window.kautopsyCopy = copy;

  const setTheme = (name) => {
    root.dataset.theme = name;
    document.dispatchEvent(new Event('kautopsy-theme'));
  };

  const inner = (element) => (element ? element.innerText.trim() : '');

  // Markdown for a ticket. Text of the log stands in code, where it means nothing else.
  const ticket = () => {
    const code = (text) => `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
    const lines = [`**${inner(document.querySelector('h1'))}**`, '',
                   inner(document.querySelector('.machine')), ''];
    const table = document.querySelector('table.verdict, #incidents');
    for (const row of table ? table.tBodies[0].rows : [])
      lines.push(`- ${[...row.cells].map((cell) => cell.textContent.trim()).filter(Boolean)
        .map(code).join(' ')}`);
    return lines.join('\n');
  };

  const openFor = (target) => {
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === 'DETAILS') at.open = true;
    }
  };

  const openTarget = () => {
    if (/^#[\w-]+$/.test(location.hash)) openFor(document.getElementById(location.hash.slice(1)));
  };

  let before = null;
  addEventListener('beforeprint', () => {
    before = {theme: root.dataset.theme,
              closed: [...document.querySelectorAll('details:not([open])')]};
    for (const details of before.closed) details.open = true;
    setTheme('light');
  });
  addEventListener('afterprint', () => {
    if (!before) return;
    for (const details of before.closed) details.open = false;
    if (before.theme) setTheme(before.theme);
    else {
      delete root.dataset.theme;
      document.dispatchEvent(new Event('kautopsy-theme'));
    }
    before = null;
  });

  const theme = addButton(bar, '', () => {
    setTheme(isDark() ? 'light' : 'dark');
    theme.textContent = isDark() ? 'Light' : 'Dark';
  });
  theme.textContent = isDark() ? 'Light' : 'Dark';
  addButton(bar, 'Copy for a ticket', () => copy(ticket(), 'Copied as Markdown'));
  addButton(bar, 'Copy data as JSON', () =>
    copy(document.getElementById('report-data').textContent, 'The data is copied'));
  addButton(bar, 'Unfold all', (button) => {
    const all = [...document.querySelectorAll('details')];
    const open = all.some((details) => !details.open);
    for (const details of all) details.open = open;
    button.textContent = open ? 'Fold all' : 'Unfold all';
  });
  addButton(bar, 'Print', () => print());
  bar.hidden = false;

  for (const command of document.querySelectorAll('.command')) {
    const text = command.textContent;
    const button = addButton(command, 'Copy', () => copy(text, 'The command is copied'));
    button.className = 'copy';
    button.setAttribute('aria-label', `Copy ${text}`);
  }
  addEventListener('hashchange', openTarget);
  openTarget();
})();
