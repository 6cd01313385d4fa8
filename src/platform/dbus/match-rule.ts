import { isBusName, isInterfaceName, isMemberName, isObjectPath } from './names.ts';

/** Which signals are wanted. A well-known `sender` stands for whoever owns that name when the signal comes. */
export interface SignalMatch {
  readonly sender: string;
  readonly interface: string;
  readonly member?: string;
  readonly path?: string;
  /** The path itself and everything below it. */
  readonly pathNamespace?: string;
  /** The first argument, a string. */
  readonly arg0?: string;
}

/** The match rule for the bus (D-Bus specification, "Match Rules"). Throws a TypeError for invalid names. */
export function matchRule(match: SignalMatch): string {
  check('sender', match.sender, isBusName);
  check('interface', match.interface, isInterfaceName);
  check('member', match.member, isMemberName);
  check('path', match.path, isObjectPath);
  check('path namespace', match.pathNamespace, isObjectPath);
  const parts = [
    ['type', 'signal'],
    ['sender', match.sender],
    ['interface', match.interface],
    ['member', match.member],
    ['path', match.path],
    // The bus takes no namespace of '/': it is every path.
    ['path_namespace', match.pathNamespace === '/' ? undefined : match.pathNamespace],
    ['arg0', match.arg0?.replaceAll("'", `'\\''`)],
  ];
  return parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key}='${value}'`])).join(',');
}

/** Whether a signal is one that `match` asks for, its sender aside. `firstArgument` is called only where it counts. */
export function matchesSignal(
  match: SignalMatch,
  signal: { path: string | undefined; interface: string | undefined; member: string | undefined },
  firstArgument: () => unknown,
): boolean {
  return (
    signal.interface === match.interface &&
    (match.member === undefined || signal.member === match.member) &&
    (match.path === undefined || signal.path === match.path) &&
    (match.pathNamespace === undefined || isWithin(match.pathNamespace, signal.path ?? '')) &&
    (match.arg0 === undefined || firstArgument() === match.arg0)
  );
}

function isWithin(namespace: string, path: string): boolean {
  return namespace === '/' || path === namespace || path.startsWith(`${namespace}/`);
}

function check(what: string, value: string | undefined, isValid: (value: string) => boolean): void {
  if (value !== undefined && !isValid(value))
    throw new TypeError(`invalid ${what} in a match: ${JSON.stringify(value)}`);
}
