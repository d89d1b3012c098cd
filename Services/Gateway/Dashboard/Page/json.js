/** JSON whose integers beyond 2⁵³ stay exact: they are read as their digits, and written as they came. */

/** An integer that a JavaScript number cannot hold. */
export class Exact {
  constructor(digits) { this.digits = digits; }

  toString() { return this.digits; }
}

export const parse = text => JSON.parse(text, (name, value, context) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source) ? new Exact(context.source) : value);

export const stringify = (value, indent) => JSON.stringify(value, (name, inner) => inner instanceof Exact ? JSON.rawJSON(inner.digits) : inner, indent);
