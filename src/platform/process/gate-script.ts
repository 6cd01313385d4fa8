/** What a gate becomes when it is released. `argv[0]` is looked up in the environment's PATH. */
export interface GatePlan {
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** Absolute. */
  readonly workingDirectory: string;
}

/** The line that releases a gate. Cut short it is a syntax error: a daemon that dies while writing it releases nothing. */
export const releaseLine = '{ go; }\n';

/**
 * What a waiting POSIX shell is told through its standard input: to prepare itself to become the app. Nothing of it runs the
 * app: that is what the function `go` does, once the release line comes. End of file before that line ends the shell, and
 * since all of it is one compound command, a part of it is a syntax error ("export" cut to "ex" would run an editor).
 * Texts are quoted for the shell (XCU 2.2.2): every value arrives as it is, newlines and UTF-8 included.
 */
export function gateScript(plan: GatePlan): string {
  const { argv, environment, workingDirectory } = plan;
  const [program = ''] = argv;
  const held = [...environment].filter(([name]) => isShellVariable(name));
  const rest = [...environment].filter(([name]) => !isShellVariable(name));
  // A shell cannot hold every name (bash's exported functions, for one); env(1) hands those on. It would take a program with
  // "=" in its path for a variable. And a program that starts with a dash would be an option to some shells' exec.
  const viaEnv = (rest.length > 0 || program.startsWith('-')) && !program.includes('=');
  const words = viaEnv ? ['/usr/bin/env', '--', ...rest.map(([name, value]) => `${name}=${value}`), ...argv] : argv;
  return [
    '{',
    `cd ${quote(workingDirectory)} || exit 126`,
    'unset OLDPWD',
    ...held.map(([name, value]) => `export ${name}=${quote(value)}`),
    // An app may check whether the entry in GIO_LAUNCHED_DESKTOP_FILE was meant for itself or for its parent.
    ...(environment.has('GIO_LAUNCHED_DESKTOP_FILE') ? ['export GIO_LAUNCHED_DESKTOP_FILE_PID=$$'] : []),
    `go() { exec ${words.map(quote).join(' ')} </dev/null; }`,
    '}',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// The shell's own: assigning them has a meaning or is an error (dash: OPTIND; bash: the others).
const shellOwn = new Set([
  'OPTIND',
  'UID',
  'EUID',
  'PPID',
  'SHELLOPTS',
  'BASHOPTS',
  'BASH_VERSINFO',
  'GROUPS',
  'FUNCNAME',
  'DIRSTACK',
  'BASH_ENV',
  'ENV',
]);

function isShellVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !shellOwn.has(name);
}
