// Charts: plain SVG of a few lines. Sizes are attributes, as the page's policy lets no style in that stands in markup.
import {drawn, make, numbers} from './elements.js';

// Names with counts, longest first; each leads to what it counts. entries: {name, count, href}
export function bars(entries, label) {
  const most = Math.max(1, ...entries.map(one => one.count));
  return make('ul', {class: 'bars', 'aria-label': label}, ...entries.map(one => {
    const bar = drawn('svg', {viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
                      drawn('rect', {class: 'ground', width: 100, height: 6}),
                      drawn('rect', {class: 'bar', width: 100 * one.count / most, height: 6}));
    return make('li', {}, make(one.href ? 'a' : 'div', {href: one.href, class: 'bar-line'},
                               make('span', {class: 'bar-name'}, one.name),
                               make('span', {class: 'bar-count'}, numbers.format(one.count)), bar));
  }));
}

// Counts over time, as small as a word.
export function sparkline(counts, label) {
  const most = Math.max(1, ...counts);
  const width = 4;
  const columns = counts.map((count, at) => drawn('rect', {
    x: at * width, width: width - 1, height: count ? Math.max(1, 20 * count / most) : 0,
    y: 20 - (count ? Math.max(1, 20 * count / most) : 0)
  }));
  return drawn('svg', {class: 'spark', viewBox: `0 0 ${counts.length * width} 20`, role: 'img', 'aria-label': label,
                       preserveAspectRatio: 'none'},
               drawn('title', {}, label), drawn('line', {x1: 0, x2: counts.length * width, y1: 20, y2: 20}), ...columns);
}

const chartWidth = 1000;
const chartHeight = 120;

// Counts between `from` and `to` (milliseconds), on a logarithmic scale, so that few are seen beside many. Whoever drags
// over a part, or clicks a column, chooses it.
export function histogram({counts, from, to, at, label, choose}) {
  const most = Math.max(1, ...counts);
  const width = chartWidth / counts.length;
  const span = to - from;
  const chosen = drawn('rect', {class: 'chosen', y: 0, height: chartHeight, width: 0});
  const chart = drawn('svg', {class: 'histogram', viewBox: `0 0 ${chartWidth} ${chartHeight}`, role: 'img',
                              'aria-label': label, preserveAspectRatio: 'none'},
                      ...counts.map((count, index) => column(count, index)), chosen,
                      drawn('line', {class: 'at', y1: 0, y2: chartHeight}));

  function column(count, index) {
    const height = count ? Math.max(2, chartHeight * Math.log1p(count) / Math.log1p(most)) : 0;
    const begin = new Date(from + span * index / counts.length).toISOString();
    return drawn('g', {},
                 drawn('title', {}, `${numbers.format(count)} from ${begin}`),
                 drawn('rect', {class: 'catch', x: index * width, width, y: 0, height: chartHeight}),
                 drawn('rect', {class: 'column', x: index * width, width: width * 0.86, y: chartHeight - height, height}));
  }

  // The moment that is looked at.
  chart.moveTo = moment => {
    const x = moment >= from && moment <= to ? chartWidth * (moment - from) / Math.max(1, span) : -10;
    chart.lastChild.setAttribute('x1', x);
    chart.lastChild.setAttribute('x2', x);
  };
  chart.moveTo(at);

  const place = event => {
    const box = chart.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  let begun = null;
  chart.addEventListener('pointerdown', event => {
    begun = place(event);
    chart.setPointerCapture(event.pointerId);
  });
  chart.addEventListener('pointermove', event => {
    if (begun === null) return;
    const now = place(event);
    chosen.setAttribute('x', Math.min(begun, now) * chartWidth);
    chosen.setAttribute('width', Math.abs(now - begun) * chartWidth);
  });
  chart.addEventListener('pointerup', event => {
    if (begun === null) return;
    let [low, high] = [begun, place(event)].sort((left, right) => left - right);
    begun = null;
    if (high - low < 0.5 / counts.length) { // a click
      const index = Math.min(counts.length - 1, Math.floor(low * counts.length));
      [low, high] = [index / counts.length, (index + 1) / counts.length];
    }
    choose(from + span * low, from + span * high);
  });
  return chart;
}
