// Which code is mutated, and how. test/mutation/README.md says how to run it and what the last run found.

/** Files outside domain and pure/ that only compute as well, and have unit tests of their own. */
const alsoPure = [
  'src/platform/dbus/{address,decode,encode,frames,match-rule,names,reply-backlog,signature}.ts',
  'src/platform/owned-files/{identity,plan,unified-diff}.ts',
  'src/platform/process/gate-script.ts',
];

export default {
  mutate: ['src/domain/**/*.ts', 'src/**/pure/**/*.ts', ...alsoPure],
  testRunner: 'vitest',
  // The project's tsconfig.json is none of Stryker's business: vitest takes the types away.
  tsconfigFile: 'none.json',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  // Constants at the top of a module are evaluated once for all tests: each of their mutants would need a run of everything.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: 'out/mutation/incremental.json',
  concurrency: 2,
  // A mutant that is slow because the machine is busy has not been noticed by any test.
  timeoutMS: 20_000,
  tempDirName: 'out/mutation/work',
  ignorePatterns: ['dist', 'dist.*', 'out'],
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
  jsonReporter: { fileName: 'out/mutation/report.json' },
  thresholds: { high: 90, low: 90, break: null },
};
