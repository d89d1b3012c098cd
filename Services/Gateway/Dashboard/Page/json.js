/** JSON whose integers beyond 2⁵³ stay exact: they are read as their digits, and written as they came. */

/** Characters that a reader does not see, or that change the order of what is seen: written as their codes. */
const HIDDEN = /[\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** An integer that a JavaScript number cannot hold. */
export class Exact {
  constructor(digits) { this.digits = digits; }

  toString() { return this.digits; }
}

export const parse = text => JSON.parse(text, (name, value, context) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source) ? new Exact(context.source) : value);

export const stringify = (value, indent) => JSON.stringify(value, (name, inner) => inner instanceof Exact ? JSON.rawJSON(inner.digits) : inner, indent)
  ?.replace(HIDDEN, hidden => '\\u' + hidden.charCodeAt(0).toString(16).padStart(4, '0'));
