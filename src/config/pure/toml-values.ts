type Table = Readonly<Record<string, unknown>>;

/**
 * The document with one value set; tables that are not there are made.
 * @throws Error when the path leads to a table, or through something that is none
 */
export function setAt(document: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) {
    if (isTable(document)) throw new Error('it is a table');
    return value;
  }
  if (document !== undefined && !isTable(document)) throw new Error(`there is no ${name} in it: it is no table`);
  const below = document !== undefined && Object.hasOwn(document, name) ? document[name] : undefined;
  return table([...Object.entries(document ?? {}).filter(([key]) => key !== name), [name, setAt(below, rest, value)]]);
}

/** The document without one value, and without the tables around it that are empty then. */
export function deleteAt(document: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || !isTable(document) || !Object.hasOwn(document, name)) return document;
  const below = rest.length === 0 ? undefined : deleteAt(document[name], rest);
  const isGone = below === undefined || (isTable(below) && Object.keys(below).length === 0);
  const others = Object.entries(document).filter(([key]) => key !== name);
  return table(isGone ? others : [...others, [name, below]]);
}

/** Whether two documents, or values of them, are the same; the order of keys is none of their meaning. */
export function sameToml(one: unknown, other: unknown): boolean {
  if (one instanceof Date || other instanceof Date) {
    return one instanceof Date && other instanceof Date && one.toISOString() === other.toISOString();
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => sameToml(item, other[index]));
  }
  if (!isTable(one) || !isTable(other)) return Object.is(one, other);
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameToml(one[key], other[key]))
  );
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Any key may be one of a table, "__proto__" too. */
function table(entries: readonly (readonly [string, unknown])[]): Table {
  return Object.fromEntries(entries);
}
