/** Priorities of syslog(3), as the journal's PRIORITY field has them. */
export type Priority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** What the daemon may log as an event: a fixed MESSAGE_ID to search for, a priority, and what happened. */
export interface LogEvent {
  /** 128 bits in lower-case hex, drawn at random once; a promise to whoever searches the journal. */
  readonly messageId: string;
  readonly priority: Priority;
  /** For docs/journal.md. */
  readonly meaning: string;
  /** What each entry of it has beside the message. */
  readonly fields: readonly LogFieldName[];
  /** What it has where there is such a thing. */
  readonly optional: readonly LogFieldName[];
}

/** The closed table of fields beside the message: our name → the journal's field, and what it holds. */
export const logFields = {
  app: {
    field: 'RINGFENCE_APP',
    meaning: 'desktop id (org.gnome.gedit.desktop), or the name of a command or process that belongs to none',
  },
  unit: { field: 'RINGFENCE_UNIT', meaning: 'the scope (app-ringfence-….scope)' },
  scope: {
    field: 'RINGFENCE_SCOPE',
    meaning: 'a scope that an app has made for itself (app-org.chromium.Chromium-….scope)',
  },
  profile: { field: 'RINGFENCE_PROFILE', meaning: 'profile the launch was decided with' },
  reason: { field: 'RINGFENCE_REASON', meaning: 'why, in words: of a decision, a refusal, an end' },
  instance: { field: 'RINGFENCE_INSTANCE', meaning: 'object path of the instance on the bus' },
  limit: { field: 'RINGFENCE_LIMIT', meaning: 'config name of the limit (memory-max), or oom-kill' },
  result: {
    field: 'RINGFENCE_RESULT',
    meaning: 'how the instance ended, as the signal Ended says it (exit-code, oom-kill)',
  },
  exitCode: { field: 'RINGFENCE_EXIT_CODE', meaning: 'exit code of the main process' },
  signal: { field: 'RINGFENCE_SIGNAL', meaning: 'signal that ended the main process (SIGTERM)' },
  error: { field: 'RINGFENCE_ERROR', meaning: 'error code (NoSuchApp), as on the bus' },
  file: { field: 'RINGFENCE_FILE', meaning: 'configuration file' },
  line: { field: 'RINGFENCE_LINE', meaning: 'line in that file, from 1' },
  key: { field: 'RINGFENCE_KEY', meaning: 'configuration key' },
  count: {
    field: 'RINGFENCE_COUNT',
    meaning: 'how many: processes killed or refused at the limit so far, entries lost',
  },
  version: { field: 'RINGFENCE_VERSION', meaning: 'version of the daemon' },
  stack: { field: 'RINGFENCE_STACK', meaning: 'where in the code an internal error arose' },
} as const satisfies Record<string, { field: string; meaning: string }>;

export type LogFieldName = keyof typeof logFields;

/**
 * The closed table of events, with the fields of each. The ids never change and are never used again for something else; the tables of
 * docs/journal.md are made from it (`npm run docs`).
 */
export const logEvents = {
  'daemon-started': {
    messageId: '127cdcc7b35c1730fccd1d3b30ef1775',
    priority: 6,
    meaning: 'the daemon owns its bus name and takes requests',
    fields: ['version'],
    optional: [],
  },
  'daemon-stopping': {
    messageId: '4ecc0e6187ea7e9292e3aba60ba965d2',
    priority: 6,
    meaning: 'the daemon ends; the apps it started live on in their scopes',
    fields: ['version'],
    optional: [],
  },
  'app-launched': {
    messageId: '5bc3bdaa216f1d143cc7cb310f11552a',
    priority: 6,
    meaning: 'an app or command runs in a scope of its own',
    fields: ['app', 'unit', 'profile', 'instance'],
    optional: ['reason'],
  },
  'launch-refused': {
    messageId: '4230b3be84f8de2cef246500cf873c47',
    priority: 4,
    meaning: 'a launch failed and nothing was started',
    fields: ['app'],
    optional: ['error', 'reason'],
  },
  'instance-ended': {
    messageId: '75eb7ddc2055343de6463f1e137d8184',
    priority: 6,
    meaning: 'the last process of an instance has ended',
    fields: ['app', 'unit', 'profile', 'instance', 'result', 'reason'],
    optional: ['exitCode', 'signal', 'count'],
  },
  'instance-recovered': {
    messageId: '3a11081fce03679a7c2ca698789f11b2',
    priority: 6,
    meaning: 'a newly started daemon found an instance of an earlier one',
    fields: ['app', 'unit', 'profile', 'instance'],
    optional: [],
  },
  'scope-followed': {
    messageId: 'f366b7423f0b41ed944ef0e19e24e318',
    priority: 6,
    meaning:
      'processes of an instance have moved to a scope of their own making, which has its limits now and ends with it',
    fields: ['app', 'unit', 'profile', 'instance', 'scope'],
    optional: [],
  },
  'limit-hit': {
    messageId: '487148a240b02e05caaad27d460f724a',
    priority: 4,
    meaning:
      'an instance ran into a limit: the kernel killed a process of it, refused it new ones, or held it back most of the time; once for each burst',
    fields: ['app', 'unit', 'profile', 'instance', 'limit', 'count'],
    optional: [],
  },
  'limit-not-enforced': {
    messageId: 'de3a24b550341a9d1c4a9e1b401de3c9',
    priority: 4,
    meaning: 'an app runs without a limit that was asked for, because this system cannot enforce it',
    fields: ['app', 'unit', 'profile', 'instance', 'limit', 'reason'],
    optional: [],
  },
  'config-reloaded': {
    messageId: '8ad23a440fd30c8d450510409b6f4e7f',
    priority: 5,
    meaning: 'a changed configuration is in force',
    fields: [],
    optional: [],
  },
  'config-rejected': {
    messageId: 'cb91ed96524f6cb7ac12e80a838d0cad',
    priority: 3,
    meaning: 'a configuration is wrong; the last good one stays in force',
    fields: ['error', 'reason'],
    optional: ['file', 'line', 'key'],
  },
  'bus-lost': {
    messageId: '6214036b2a3d2d109d5e8870da9425be',
    priority: 3,
    meaning: 'the connection to the session bus broke; the daemon ends and is started anew',
    fields: ['reason'],
    optional: [],
  },
  'click-fallback': {
    messageId: '9a828b6ae58f5c00fe73f82a9a1af246',
    priority: 4,
    meaning: 'an icon started its app uncontained, because the daemon could not be reached',
    fields: ['app'],
    optional: [],
  },
  'log-entries-lost': {
    messageId: 'cd96fee02a077175b7d894a016bb1b72',
    priority: 4,
    meaning: 'entries were dropped from the queue while the journal did not take them',
    fields: ['count'],
    optional: [],
  },
  'internal-error': {
    messageId: '0917d0a0fae22f2b0e1e7413c151b367',
    priority: 3,
    meaning: 'a bug in Ringfence; RINGFENCE_STACK says where',
    fields: [],
    optional: ['stack', 'error'],
  },
} as const satisfies Record<string, LogEvent>;

export type LogEventName = keyof typeof logEvents;

type LogValue = string | number | bigint | boolean;

/** Fields of one entry. Absent and undefined are the same. */
export type LogFields = { readonly [K in LogFieldName]?: LogValue | undefined };

/** The fields of one event: all it must have, and what it may have. */
export type EventFields<E extends LogEventName> = {
  readonly [K in (typeof logEvents)[E]['fields'][number]]: LogValue;
} & { readonly [K in (typeof logEvents)[E]['optional'][number]]?: LogValue | undefined };
