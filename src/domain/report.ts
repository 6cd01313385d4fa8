import * as v from 'valibot';

/** One thing asked for and what became of it. All texts, since `dbus-send` and scripts read them; empty when there is none. */
export interface ReportRow {
  /** The config name of a limit, or the name of a part of the sandbox. */
  readonly name: string;
  /** As it was written: `70%`. */
  readonly asked: string;
  /** `built-in`, `request` or `file:line`. */
  readonly origin: string;
  readonly state: 'enforced' | 'not-enforced';
  /** As the kernel has it. */
  readonly value: string;
  readonly reason: string;
  readonly fix: string;
}

/** The outcome of a launch: the same for the reply, the signal, the log and the runtime record. */
export interface Report {
  readonly unit: string;
  /** The desktop id without `.desktop`; empty for a command. */
  readonly app: string;
  readonly name: string;
  readonly profile: string;
  readonly mode: 'relaxed' | 'strict';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** As the caller gave it; see LaunchOptions. */
  readonly requestId?: string | undefined;
  /** Whether its home is thrown away at the end. */
  readonly once?: boolean | undefined;
  /** Where it is to be told what a limit does to it. */
  readonly terminal?: TerminalPlace | undefined;
  readonly reasons: readonly string[];
  readonly rows: readonly ReportRow[];
  /** Starts that went into its sandbox later. */
  readonly later?: readonly LaterStart[] | undefined;
  /** By which it is known who comes from it. */
  readonly lineage?: Lineage | undefined;
  /** Scopes that processes of it have moved to and that have not ended. */
  readonly left?: readonly LeftScope[] | undefined;
}

/** Where the processes of an instance come from. Times are clock ticks since the machine started, as in /proc/PID/stat. */
export interface Lineage {
  /** Its first processes; a number alone may be another's later. */
  readonly roots: readonly { readonly pid: number; readonly startTime: number }[];
  /** When it was contained, where it ran before: children that its processes had by then may not be its. */
  readonly since?: number | undefined;
}

/** A scope that an app has made for itself. */
export interface LeftScope {
  readonly unit: string;
  /** Of its cgroup: another scope may have the same name later. */
  readonly cgroupId: string;
}

/** A terminal: its device, which another gets when it is closed, and the session that it belongs to, by its leader. */
export interface TerminalPlace {
  readonly device: string;
  readonly leader: number;
  /** Of the leader, in clock ticks since the machine started. */
  readonly startTime: number;
}

/** A start that went into a sandbox that ran. */
export interface LaterStart {
  /** What the sandbox knows them by, one for each process. */
  readonly names: readonly string[];
  /** As the caller gave it; by the same spelling as the report's own, it is found in a record. */
  readonly requestId?: string | undefined;
}

/** The rows as the `aa{ss}` of the Report property. */
export function reportMaps(report: Report): Map<string, string>[] {
  return report.rows.map((row) => new Map(Object.entries(row)));
}

/** One line for the log: `firefox runs relaxed in app-….scope: memory-max 70% = 5771362304; not enforced: cpu-quota (…)`. */
export function reportLine(report: Report): string {
  const held = report.rows.filter((row) => row.state === 'enforced');
  const lost = report.rows.filter((row) => row.state === 'not-enforced');
  const parts = [`${report.name || report.app} runs ${report.mode} in ${report.unit}`];
  if (held.length > 0) parts.push(held.map(showHeld).join(', '));
  if (lost.length > 0) parts.push(`not enforced: ${lost.map((row) => `${row.name} (${row.reason})`).join(', ')}`);
  return parts.join('; ').replaceAll('\n', ' ');
}

/** The text of a runtime record. */
export function serializeReport(report: Report): string {
  return `${JSON.stringify({ version: recordVersion, ...report })}\n`;
}

/** How a record spells the id of the request that its app was started for. */
export function requestIdInRecord(requestId: string): string {
  return JSON.stringify({ requestId }).slice(1, -1);
}

/** A record that this or another version of the daemon wrote. Undefined for one that is torn, foreign or of another kind. */
export function parseReport(text: string): Report | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const checked = v.safeParse(recordSchema, raw);
  if (!checked.success) return undefined;
  const { version: _version, ...report } = checked.output;
  return report;
}

/** Goes up when a reader of the old form would be misled; keys that are only added do not count. */
const recordVersion = 1;

const recordSchema = v.object({
  version: v.literal(recordVersion),
  unit: v.string(),
  app: v.string(),
  name: v.string(),
  profile: v.string(),
  mode: v.picklist(['relaxed', 'strict']),
  startedAt: v.pipe(v.number(), v.integer(), v.minValue(0)),
  requestId: v.optional(v.string()),
  once: v.optional(v.boolean()),
  terminal: v.optional(v.object({ device: v.string(), leader: v.number(), startTime: v.number() })),
  reasons: v.array(v.string()),
  rows: v.array(
    v.object({
      name: v.string(),
      asked: v.string(),
      origin: v.string(),
      state: v.picklist(['enforced', 'not-enforced']),
      value: v.string(),
      reason: v.string(),
      fix: v.string(),
    }),
  ),
  lineage: v.optional(
    v.object({ roots: v.array(v.object({ pid: v.number(), startTime: v.number() })), since: v.optional(v.number()) }),
  ),
  left: v.optional(v.array(v.object({ unit: v.string(), cgroupId: v.string() }))),
  later: v.optional(v.array(v.object({ names: v.array(v.string()), requestId: v.optional(v.string()) }))),
});

function showHeld(row: ReportRow): string {
  return row.asked === row.value ? `${row.name} ${row.value}` : `${row.name} ${row.asked} = ${row.value}`;
}
