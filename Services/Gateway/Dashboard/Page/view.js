/** Draws: elements, and what becomes of those that are there already. Text only ever becomes text nodes. */

const SVG = 'http://www.w3.org/2000/svg';
const DRAWN = new Set(['svg', 'g', 'rect', 'title']);
const HANDLERS = Symbol('handlers');
const SAID_MS = 6_000;

/**
 * An element, or a part of a drawing; `null`, `undefined` and `false` are as absent.
 * @param tag with its classes: `p.soft`
 * @param attributes by name, or the first child; `on…` are what happens
 */
export function el(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = DRAWN.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  if (classes.length) node.setAttribute('class', classes.join(' '));
  return attributes?.constructor === Object ? make(node, attributes, children) : make(node, {}, [attributes, ...children]);
}

export const badge = (kind, ...children) => el('span', { class: `badge ${kind}` }, children);
export const soft = (...children) => el('span.soft', children);

const isThere = value => value !== null && value !== undefined && value !== false;

function make(node, attributes, children) {
  node.append(...children.flat(Infinity).filter(isThere));
  for (const [name, value] of Object.entries(attributes)) {
    if (!isThere(value)) continue;
    if (name.startsWith('on')) node[HANDLERS] = { ...node[HANDLERS], [name]: value };
    else if (name === 'value' || name === 'checked') node[name] = value;
    else node.setAttribute(name, value);
  }
  return Object.assign(node, node[HANDLERS]);
}

/** Makes an element's content be this; what stays the same keeps its focus, its scrolling and what was typed. */
export const show = (parent, ...children) => morph(parent, make(document.createDocumentFragment(), {}, children));

function morph(old, fresh) {
  const keyed = new Map([...old.children].map(child => [child.dataset.key, child]));
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = child.dataset?.key;
    const same = key ? keyed.get(key) : place?.dataset?.key ? null : place;
    if (same?.nodeName !== child.nodeName || same.type !== child.type) {
      old.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling; else old.insertBefore(same, place);
    update(same, child);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function update(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const name of new Set([...old.getAttributeNames(), ...fresh.getAttributeNames()])) {
    const value = fresh.getAttribute(name);
    // Whether it is open is the reader's choice.
    if (name === 'open' || value === old.getAttribute(name)) continue;
    if (value === null) old.removeAttribute(name); else old.setAttribute(name, value);
  }
  Object.assign(old, fresh[HANDLERS]);
  if (old.type === 'checkbox') [old.checked, old.indeterminate] = [fresh.checked, fresh.indeterminate];
  morph(old, fresh);
}

export const byId = id => document.getElementById(id);

/** Tells, also those who do not see it. */
export function say(text) {
  const said = byId('said');
  said.textContent = text;
  said.classList.add('shown');
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.remove('shown'), SAID_MS);
}

/** Puts text on the clipboard, also where the browser has none for pages without TLS. */
export async function copy(text) {
  try { await navigator.clipboard.writeText(text); } catch {
    const focused = document.activeElement, area = el('textarea.unseen', { readonly: true, value: text });
    (focused.closest('dialog') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    focused.focus();
  }
  say('Copied');
}
