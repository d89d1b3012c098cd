/** A small chart, with a table of the same numbers for those who do not see it. */

import { el } from './view.js';

const WIDTH = 1_000, HEIGHT = 100;
/** Fewer bars are not wider than these would be. */
const FEWEST = 30;

/** Bars of values, each with its `name` and `kind`; the ticks are spread evenly below them. */
export function bars(title, values, unit, ticks = []) {
  const most = Math.max(1, ...values.map(({ value }) => value)), step = WIDTH / Math.max(FEWEST, values.length);
  return el('figure.chart',
    el('figcaption', `${title}; at most ${most} ${unit}`),
    el('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, values.map(({ name, value, kind = '' }, index) => {
      const height = value && Math.max(2, value / most * HEIGHT);
      return el('g', el('title', `${name}: ${value} ${unit}`), el('rect.hit', { x: index * step, width: step, height: HEIGHT }),
        el('rect', { class: `bar ${kind}`, x: (index + .12) * step, y: HEIGHT - height, width: step * .76, height }));
    })),
    el('div.ticks', { 'aria-hidden': 'true' }, ticks.map(tick => el('span', tick))),
    el('div.unseen', el('table', el('caption', title), values.filter(({ value }) => value).map(({ name, value }) => el('tr', el('th', { scope: 'row' }, name), el('td', `${value} ${unit}`))))));
}
