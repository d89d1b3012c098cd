'use strict';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const TIMEOUT_MS = 30_000;
/** Longer answers are shown without colours, which cost an element for each word. */
const MAX_COLOURED = 100_000;
/** Seconds between now and the instants of an example that must lie in the future. */
const FUTURE_SECONDS = 3600;

let api = null;
const operations = new Map();   // operationId → operation
const trials = new Map();       // operationId → its form
const views = new Map();        // operationId → its view, kept so that what was typed stays
const known = new Map();        // path values that answers brought: "operationId name" or "name" → value

// MARK: Elements

const byId = id => document.getElementById(id);

/** An element; `on…` attributes are listeners. Strings among the children become text, never markup. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined));
  return node;
}

const code = text => el('code', null, text);

/** Text of a description: what stands between backticks is code. */
function prose(text) {
  return String(text ?? '').split('`').map((part, index) => index % 2 ? code(part) : part);
}

function block(text) { return el('pre', { tabindex: 0 }, text); }

/** JSON text with indentation and colours. It is never parsed into numbers, which could lose digits. */
function pretty(text) {
  try { JSON.parse(text); } catch { return text; }
  const tokens = text.match(/"(?:[^"\\]+|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const isPlain = text.length > MAX_COLOURED;
  const parts = [];
  let depth = 0;
  const lineBreak = () => '\n' + '  '.repeat(depth);
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    switch (token) {
      case '{': case '[': depth++; parts.push(token, next === '}' || next === ']' ? '' : lineBreak()); break;
      case '}': case ']': depth--; parts.push('{['.includes(tokens[index - 1]) ? '' : lineBreak(), token); break;
      case ',': parts.push(token, lineBreak()); break;
      case ':': parts.push(': '); break;
      default: {
        const kind = token[0] !== '"' ? 'n' : next === ':' ? 'k' : 's';
        parts.push(isPlain ? token : el('span', { class: kind }, token));
      }
    }
  });
  return isPlain ? parts.join('') : parts;
}

// MARK: Schemas in words

/** Follows JSON pointers of this document; what stands beside a `$ref` goes first (JSON Schema 2020-12). */
function resolve(thing) {
  for (let hops = 0; hops < 16 && thing && typeof thing.$ref === 'string' && thing.$ref.startsWith('#/'); hops++) {
    const { $ref, ...beside } = thing;
    thing = { ...at(api, $ref.slice(1)), ...beside };
  }
  return thing ?? {};
}

/** The value at a JSON pointer (RFC 6901), `undefined` if there is none. */
function at(value, pointer) {
  return pointer.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((inner, part) => Object(inner) === inner && Object.hasOwn(inner, part) ? inner[part] : undefined, value);
}

/** What a value may be: each of its alternatives, one of a single type, and whether `null` is among them. */
function alternatives(schema) {
  schema = resolve(schema);
  for (const part of schema.allOf ?? []) schema = { ...schema, ...resolve(part) };
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) {
    const found = choice.map(alternatives);
    return { options: found.flatMap(inner => inner.options), nullable: found.some(inner => inner.nullable) };
  }
  if (schema.type === 'null') return { options: [], nullable: true };
  if (!Array.isArray(schema.type)) return { options: [schema], nullable: false };
  const types = schema.type.filter(type => type !== 'null');
  return { options: types.map(type => ({ ...schema, type })), nullable: types.length < schema.type.length };
}

const number = value => Math.abs(value) < 10_000 ? String(value) : value.toLocaleString('en');
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? '' : 's'}`;

/** "1 to 9", "at least 1", "at most 9", or nothing. */
function bounds(least, most, noun) {
  const shown = value => noun ? plural(value, noun) : number(value);
  if (least !== undefined && most !== undefined) return least === most ? shown(least) : `${number(least)} to ${shown(most)}`;
  if (least !== undefined) return `at least ${shown(least)}`;
  return most !== undefined ? `at most ${shown(most)}` : '';
}

/** That a text has no U+0000 is said of nearly all, and nobody needs to hear it. */
const UNTOLD_PATTERN = '^[^\\u0000]*$';

/** A pattern, its letters of either case (`[Mm][Oo]`) written once. */
function patternInWords(pattern) {
  const short = pattern.replace(/\[([A-Z])([a-z])\]/g, (pair, upper, lower) => upper.toLowerCase() === lower ? upper : pair);
  return [code(short), short === pattern ? '' : ' in upper or lower case'];
}

/** One alternative in words. */
function optionInWords(schema) {
  if ('const' in schema) return ['always ', code(JSON.stringify(schema.const))];
  if (schema.enum) {
    return ['one of ', schema.enum.filter(value => value !== null).map((value, index) => [index ? ', ' : '', code(JSON.stringify(value))])];
  }
  const of = text => text ? ' of ' + text : '';
  switch (schema.type) {
    case 'string': {
      const words = [schema.format === 'uuid' ? 'UUID' : 'text', of(bounds(schema.minLength, schema.maxLength, 'character'))];
      if (schema.format && schema.format !== 'uuid') words.push(`, ${schema.format}`);
      if (schema.pattern && schema.pattern !== UNTOLD_PATTERN) words.push(', matching ', patternInWords(schema.pattern));
      return words;
    }
    case 'integer': case 'number': {
      const range = bounds(schema.minimum, schema.maximum);
      const isRange = schema.minimum !== undefined && schema.maximum !== undefined;
      const except = schema.not && 'const' in schema.not ? `, but not ${number(schema.not.const)}` : '';
      return [schema.type === 'integer' ? 'whole number' : 'number', range && ` ${isRange ? 'from' : 'of'} ${range}`, except];
    }
    case 'boolean': return ['true or false'];
    case 'array': {
      const items = inWords(schema.items ?? {});
      return ['list', of(bounds(schema.minItems, schema.maxItems, 'item')), items.length ? [', each ', items] : []];
    }
    case 'object': return ['object', of(bounds(schema.minProperties, schema.maxProperties, 'member'))];
    default: return ['anything'];
  }
}

/** A type in words, as children for `el`. */
function inWords(schema) {
  const { options, nullable } = alternatives(schema);
  const words = options.map((option, index) => [index ? ', or ' : '', optionInWords(option)]);
  return nullable ? [...words, words.length ? ', or null' : 'null'] : words;
}

/** The fields below a schema's value: of an object, of a list's items, or of each alternative that has something to tell. */
function fieldsBelow(schema) {
  const { options } = alternatives(schema);
  const telling = option => option.properties || option.description || fieldsBelow(option).length;
  if (options.length > 1 && options.some(telling)) {
    return options.map(option => ({ name: `as ${optionName(option)}`, isAlternative: true, schema: option }));
  }
  if (options.length !== 1) return [];
  const only = options[0];
  if (only.type === 'array') return fieldsBelow(only.items ?? {});
  return Object.entries(only.properties ?? {}).map(([name, inner]) => {
    return { name, schema: resolve(inner), isRequired: (only.required ?? []).includes(name) };
  });
}

const optionName = option => ({ string: 'text', array: 'a list', object: 'an object', integer: 'a number' })[option.type] ?? 'a value';

// MARK: Tables of fields

/**
 * - fields: `{name, schema, isRequired, description?, isAlternative?}`
 * - isAnswer: what may be absent is told, instead of what must be there.
 */
function fieldTable(fields, label, isAnswer) {
  const body = el('tbody', null, fields.flatMap(field => fieldRows(field, 0)));
  return el('table', { 'aria-label': label, class: isAnswer ? 'answered' : 'asked' }, el('thead', null, el('tr', null, el('th', null, 'Name'), el('th', null, 'Type and meaning'))), body);
}

/** A field's row, followed by those of its own fields where these are shown from the start: what a request must have. */
function fieldRows(field, depth) {
  const below = fieldsBelow(field.schema);
  const row = el('tr', { 'data-depth': depth }, nameCell(field, below, depth), meaningCell(field));
  const isOpen = below.length > 0 && (field.isRequired || field.isAlternative) && depth < 2;
  if (!isOpen) return [row];
  row.querySelector('.toggle').setAttribute('aria-expanded', 'true');
  return [row, ...below.flatMap(inner => fieldRows(inner, depth + 1))];
}

function nameCell(field, below, depth) {
  const cell = el('td', null);
  cell.style.setProperty('--depth', depth);
  const name = field.isAlternative ? el('em', null, field.name) : code(field.name);
  if (below.length) {
    cell.append(el('button', { type: 'button', class: 'toggle', 'aria-expanded': 'false', onclick: event => toggle(event.currentTarget, below, depth) }, name));
  } else {
    cell.append(name);
  }
  if (!field.isAlternative) cell.append(field.isRequired ? el('span', { class: 'required' }, 'required') : el('span', { class: 'optional' }, 'may be absent'));
  return cell;
}

function meaningCell(field) {
  const { schema } = field;
  const description = field.description ?? schema.description;
  const kind = el('div', { class: 'kind' }, inWords(schema));
  if (schema.default !== undefined) kind.append('; default ', code(JSON.stringify(schema.default)));
  const sample = schema.examples?.[0] ?? schema.example;
  if (sample !== undefined) kind.append('; for example ', code(JSON.stringify(sample)));
  return el('td', null, description ? el('div', null, prose(description)) : null, kind);
}

function toggle(button, below, depth) {
  const row = button.closest('tr');
  const isOpen = button.getAttribute('aria-expanded') === 'true';
  button.setAttribute('aria-expanded', String(!isOpen));
  if (!isOpen) return row.after(...below.flatMap(field => fieldRows(field, depth + 1)));
  while (Number(row.nextElementSibling?.dataset.depth) > depth) row.nextElementSibling.remove();
}

// MARK: The document

/** The operations of the document, each with what it inherits from its path. */
function readOperations(document) {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS.filter(method => item[method])) {
      const operation = item[method];
      const id = operation.operationId ?? `${method} ${path}`;
      const own = (operation.parameters ?? []).map(resolve);
      const inherited = (item.parameters ?? []).map(resolve)
        .filter(outer => !own.some(inner => inner.name === outer.name && inner.in === outer.in));
      const body = operation.requestBody && resolve(operation.requestBody);
      const [mediaType, media] = Object.entries(body?.content ?? {})[0] ?? [];
      operations.set(id, {
        ...operation, id, method, path, parameters: [...inherited, ...own], mediaType, media, tag: operation.tags?.[0] ?? 'Other',
        security: operation.security ?? document.security ?? [],
      });
    }
  }
}

function groups() {
  const byTag = new Map((api.tags ?? []).map(tag => [tag.name, []]));
  for (const operation of operations.values()) byTag.set(operation.tag, [...(byTag.get(operation.tag) ?? []), operation]);
  return [...byTag].filter(([, members]) => members.length);
}

const link = operation => '#' + encodeURIComponent(operation.id);
/** A path that is broken, if it must be, before a slash. */
const pathCode = path => el('code', null, path.split(/(?=\/)/).map((part, index) => [index ? el('wbr') : null, part]));
const methodLabel = operation => el('span', { class: `method ${operation.method}` }, operation.method.toUpperCase());

function showNavigation() {
  byId('groups').replaceChildren(...groups().map(([tag, members]) => el('section', null, el('h2', null, tag), el('ul', null, members.map(operation => {
    const text = [operation.method, operation.path, operation.summary, operation.id, tag].join(' ').toLowerCase();
    return el('li', { 'data-text': text }, el('a', { href: link(operation), title: operation.summary }, methodLabel(operation), pathCode(operation.path)));
  })))));
}

/** Shows those operations that hold every word. */
function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of byId('groups').querySelectorAll('li')) item.hidden = !words.every(word => item.dataset.text.includes(word));
  for (const group of byId('groups').children) group.hidden = !group.querySelector('li:not([hidden])');
  byId('nothing').hidden = Boolean(byId('groups').querySelector('li:not([hidden])'));
}

function overview() {
  return el('div', { class: 'overview' },
    el('h1', null, api.info?.title ?? 'API'), el('p', { class: 'lead' }, prose(api.info?.description)),
    el('p', { class: 'lead soft' }, 'The same for programs: ', el('a', { href: '/openapi.json' }, '/openapi.json'), ` (OpenAPI ${api.openapi}).`),
    groups().map(([tag, members]) => [el('h2', null, tag), el('ul', null, members.map(operation => el('li', null,
      methodLabel(operation), el('a', { href: link(operation) }, pathCode(operation.path)), el('p', null, prose(operation.summary)))))]));
}

// MARK: An operation

function operationView(operation) {
  const parameters = (place, title) => {
    const fields = operation.parameters.filter(parameter => parameter.in === place).map(parameter => ({
      name: parameter.name, isRequired: parameter.required, description: parameter.description, schema: resolve(parameter.schema),
    }));
    return fields.length ? [el('h2', null, title), fieldTable(fields, title)] : [];
  };
  const about = el('div', null,
    operation.description ? el('p', { class: 'lead' }, prose(operation.description)) : null,
    parameters('path', 'Path'), parameters('query', 'Query'), parameters('header', 'Headers'), bodyFields(operation),
    el('h2', null, 'Answers'), Object.entries(operation.responses ?? {}).map(([status, response]) => answerView(status, resolve(response))));
  const trial = trials.get(operation.id);
  return el('article', null,
    el('div', { class: 'route' }, methodLabel(operation), pathCode(operation.path), keyBadge(operation),
      operation.deprecated ? el('span', { class: 'badge' }, 'deprecated') : null),
    el('h1', null, prose(operation.summary ?? operation.id)),
    el('button', { type: 'button', class: 'jump', onclick: () => trial.element.scrollIntoView() }, 'Try it ↓'),
    el('div', { class: 'columns' }, about, trial.element));
}

function keyBadge(operation) {
  if (!operation.security.length) return null;
  const isOptional = operation.security.some(way => Object.keys(way).length === 0);
  const roles = [...new Set(operation.security.flatMap(way => Object.values(way).flat()))];
  const whose = roles.length ? ` (${roles.join(', ')})` : '';
  return el('span', { class: 'badge' }, (isOptional ? 'an API key may be given' : 'needs an API key') + whose);
}

function bodyFields(operation) {
  if (!operation.media) return [];
  const fields = fieldsBelow(operation.media.schema ?? {});
  const note = resolve(operation.media.schema).minProperties ? '; at least one field' : '';
  return [
    el('h2', null, 'Body ', el('span', { class: 'soft' }, operation.mediaType + note)),
    fields.length ? fieldTable(fields, 'Body') : el('p', null, inWords(operation.media.schema ?? {})),
  ];
}

/** A documented answer: its headers, its fields, its examples. */
function answerView(status, response) {
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) => {
    const { schema, description } = resolve(header);
    return { name, description, schema: resolve(schema), isRequired: true };
  });
  const contents = Object.entries(response.content ?? {}).map(([type, media]) => {
    const fields = fieldsBelow(media.schema ?? {});
    return [
      el('h3', null, type), fields.length ? fieldTable(fields, `Answer ${status}`, true) : null,
      examplesOf(media).map(example => [example.summary ? el('h3', null, example.summary) : null, block(pretty(JSON.stringify(example.value)))]),
    ];
  });
  const isGood = status.startsWith('2');
  return el('details', { open: isGood },
    el('summary', null, el('span', { class: `status ${isGood ? 'good' : 'bad'}` }, status), prose(response.description)),
    headers.length ? [el('h3', null, 'Headers'), fieldTable(headers, `Headers of ${status}`, true)] : null, contents);
}

/** A media type's examples as a list. */
function examplesOf(media) {
  const named = Object.entries(media?.examples ?? {}).map(([name, example]) => ({ name, ...resolve(example) })).filter(example => 'value' in example);
  return named.length || media?.example === undefined ? named : [{ name: 'example', value: media.example }];
}

/** An example's text, its instants moved into the future where the document asks for that. */
function exampleText(example, media) {
  const value = structuredClone(example.value);
  const time = Math.floor(Date.now() / 1000) + FUTURE_SECONDS;
  for (const pointer of example['x-future-times'] ?? media['x-future-times'] ?? []) {
    const cut = pointer.lastIndexOf('/');
    const holder = at(value, pointer.slice(0, cut));
    const name = pointer.slice(cut + 1);
    if (Object(holder) === holder && typeof holder[name] === 'number') holder[name] = time;
  }
  return JSON.stringify(value, null, 2);
}

// MARK: Trying it

/** The form that sends an operation's request and shows what comes back. */
class Trial {
  constructor(operation) {
    this.operation = operation;
    this.inputs = operation.parameters.filter(parameter => parameter.in !== 'cookie').map(parameter => this.input(parameter));
    this.hint = el('p', { class: 'hint', role: 'status' });
    this.curl = block('');
    this.button = el('button', { class: 'send', type: 'submit', title: 'Ctrl+Enter' }, 'Send');
    this.result = el('div', { class: 'answer' });
    this.element = el('form', { class: 'try', 'aria-label': 'Try it', onsubmit: event => this.send(event), oninput: () => this.refresh(),
      onkeydown: event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.element.requestSubmit(); } },
      el('h2', null, 'Try it'), this.inputs.map(({ label, control }) => [label, control]), this.bodyEditor(), this.hint, this.button, this.result,
      el('div', { class: 'row' }, el('h3', null, 'curl'), el('button', { type: 'button', onclick: event => copy(this.curl.textContent, event.currentTarget) }, 'Copy')),
      this.curl);
    this.refresh();
  }

  input(parameter) {
    const id = `${this.operation.id}-${parameter.in}-${parameter.name}`;
    const schema = resolve(parameter.schema);
    const sample = parameter.example ?? schema.examples?.[0] ?? schema.default;
    const attributes = { id, required: parameter.required, autocomplete: 'off', spellcheck: 'false' };
    const control = schema.enum
      ? el('select', attributes, el('option', { value: '' }, 'any'), schema.enum.map(value => el('option', null, String(value))))
      : el('input', { ...attributes, placeholder: sample === undefined ? null : String(sample), oninput: () => { control.dataset.edited = 'yes'; } });
    const label = el('label', { for: id }, code(parameter.name), el('span', { class: 'soft' }, ` ${parameter.in}${parameter.required ? '' : ', optional'}`));
    return { parameter, label, control };
  }

  bodyEditor() {
    const { media, mediaType, id } = this.operation;
    if (!media) return [];
    const examples = examplesOf(media);
    this.body = el('textarea', { id: `${id}-body`, spellcheck: 'false', autocomplete: 'off' });
    const buttons = examples.map((example, index) => el('button', { type: 'button', onclick: () => choose(index) }, example.summary || example.name));
    const choose = index => {
      this.body.value = examples.length ? exampleText(examples[index], media) : '{}';
      this.body.rows = Math.min(24, this.body.value.split('\n').length + 1);
      buttons.forEach((button, other) => button.setAttribute('aria-pressed', String(other === index)));
      if (this.curl) this.refresh();
    };
    this.body.addEventListener('input', () => buttons.forEach(button => button.setAttribute('aria-pressed', 'false')));
    choose(0);
    return [
      el('label', { for: `${id}-body` }, 'Body ', el('span', { class: 'soft' }, mediaType)),
      buttons.length ? el('div', { class: 'choices', role: 'group', 'aria-label': 'Examples' }, buttons) : null, this.body,
    ];
  }

  /** Fills path values that earlier answers brought, unless the reader has typed one. */
  fill() {
    for (const { parameter, control } of this.inputs) {
      const value = known.get(`${this.operation.id} ${parameter.name}`) ?? known.get(parameter.name);
      if (parameter.in === 'path' && value !== undefined && !control.dataset.edited) control.value = value;
    }
    this.refresh();
  }

  /** What would be sent now. */
  request() {
    let path = this.operation.path;
    const query = [], headers = [];
    for (const { parameter, control } of this.inputs) {
      const { name } = parameter, value = control.value;
      if (parameter.in === 'path') path = path.replace(`{${name}}`, () => encodeURIComponent(value) || `{${name}}`);
      else if (value !== '' && parameter.in === 'query') query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      else if (value !== '') headers.push([name, value]);
    }
    if (this.body) headers.push(['Content-Type', this.operation.mediaType]);
    return { method: this.operation.method.toUpperCase(), url: path + (query.length ? '?' + query.join('&') : ''), headers, body: this.body?.value };
  }

  /** Brings the hint and the curl command up to date. */
  refresh() {
    const { method, url, headers, body } = this.request();
    this.hint.textContent = '';
    if (body !== undefined) {
      try { JSON.parse(body); } catch (error) { this.hint.textContent = `This is not JSON yet: ${error.message}`; }
    }
    const quoted = text => `'${text.replaceAll("'", `'\\''`)}'`;
    const lines = [`curl -i${method === 'GET' ? '' : ` -X ${method}`} ${quoted(location.origin + url)}`];
    // The key itself stays off the screen and out of the shell's history.
    if (byId('key').value) lines.push('-H "Authorization: Bearer $API_KEY"');
    lines.push(...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`));
    if (body !== undefined) lines.push(`--data-raw ${quoted(body)}`);
    this.curl.textContent = lines.join(' \\\n  ');
  }

  async send(event) {
    event.preventDefault();
    const { method, url, headers, body } = this.request();
    const key = byId('key').value;
    this.button.disabled = true;
    const began = performance.now();
    try {
      const all = key ? [...headers, ['Authorization', `Bearer ${key}`]] : headers;
      const response = await fetch(url, { method, headers: all, body, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await response.text();
      this.show(response, text, performance.now() - began);
      if (response.ok) this.remember(response.status, text);
    } catch (error) {
      this.result.replaceChildren(el('h2', null, 'Answer'), el('p', { class: 'bad', role: 'status' }, `There was none: ${error.message}`));
    } finally {
      this.button.disabled = false;
    }
  }

  show(response, text, milliseconds) {
    const documented = resolve(this.operation.responses?.[response.status]).description;
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const isJSON = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
    this.result.replaceChildren(
      el('h2', null, 'Answer'),
      el('p', { class: 'outcome', role: 'status' },
        el('strong', { class: response.ok ? 'good' : 'bad' }, `${response.status} ${response.statusText}`.trim()),
        el('span', { class: 'soft' }, `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`), documented ? el('span', null, prose(documented)) : null),
      text ? block(isJSON ? pretty(text) : text) : el('p', { class: 'soft' }, 'It has no body.'),
      el('details', null, el('summary', null, 'Headers'), block(headers)));
  }

  /** Keeps ids for other operations' paths: those that the document links, and members that are named as a path's value. */
  remember(status, text) {
    let answer;
    try { answer = JSON.parse(text); } catch { return; }
    const links = resolve(this.operation.responses?.[status]).links ?? {};
    for (const link of Object.values(links).map(resolve)) {
      for (const [name, expression] of Object.entries(link.parameters ?? {})) {
        const prefix = '$response.body#';
        const value = String(expression).startsWith(prefix) ? at(answer, expression.slice(prefix.length)) : undefined;
        if (value !== undefined) known.set(`${link.operationId} ${name}`, String(value));
      }
    }
    if (typeof answer?.id === 'string' && this.operation.mediaType && !this.operation.path.includes('{')) known.set('id', answer.id);
  }
}

/** Puts text on the clipboard, also where the browser has none for pages without TLS. */
async function copy(text, button) {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = el('textarea', { readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    button.focus();
  }
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}

// MARK: The page

/** Shows what the address names: an operation, or all of them. */
function route(isFirst) {
  let id = '';
  try { id = decodeURIComponent(location.hash.slice(1)); } catch { /* an address that was mistyped names nothing */ }
  const operation = operations.get(id);
  if (operation && !views.has(id)) {
    trials.set(id, new Trial(operation));
    views.set(id, operationView(operation));
  }
  trials.get(id)?.fill();
  byId('main').replaceChildren(operation ? views.get(id) : overview());
  for (const anchor of byId('groups').querySelectorAll('a')) {
    if (operation && anchor.hash === link(operation)) anchor.setAttribute('aria-current', 'page');
    else anchor.removeAttribute('aria-current');
  }
  byId('groups').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  const title = api.info?.title ?? 'API';
  document.title = operation ? `${operation.id} · ${title}` : `${title} API`;
  openMenu(false);
  scrollTo({ top: 0, behavior: 'instant' });
  if (!isFirst) byId('main').focus({ preventScroll: true });
}

function openMenu(isOpen) {
  byId('operations').classList.toggle('open', isOpen);
  byId('menu').setAttribute('aria-expanded', String(isOpen));
}

async function start() {
  try {
    const response = await fetch('/openapi.json', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`/openapi.json was answered with ${response.status}`);
    api = await response.json();
  } catch (error) {
    byId('main').replaceChildren(el('h1', null, 'The API’s description could not be read'), el('p', { class: 'lead' }, error.message),
      el('p', { class: 'lead' }, el('button', { type: 'button', onclick: start }, 'Try again')));
    return;
  }
  readOperations(api);
  document.querySelector('header .title').textContent = api.info?.title ?? 'API';
  byId('version').textContent = api.info?.version ?? '';
  showNavigation();
  route(true);
  addEventListener('hashchange', () => route(false));
}

byId('menu').addEventListener('click', () => openMenu(byId('menu').getAttribute('aria-expanded') !== 'true'));
byId('search').addEventListener('input', event => search(event.target.value));
byId('search').addEventListener('keydown', event => {
  if (event.key === 'Enter') byId('groups').querySelector('li:not([hidden]) a')?.click();
  if (event.key === 'Escape') openMenu(false);
});
byId('key').addEventListener('input', () => trials.forEach(trial => trial.refresh()));
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();
  byId('main').focus();
});
document.addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
  event.preventDefault();
  openMenu(true);
  byId('search').focus();
});
start();
