import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shellFacts } from '../../../../src/clients/open/shell-facts.ts';
import { errorTable } from '../../../../src/domain/errors.ts';
import { instanceObjectPath } from '../../../../src/domain/object-path.ts';
import { serializeReport } from '../../../../src/domain/report.ts';
import { scopeUnitName } from '../../../../src/domain/unit-name.ts';

describe('what shell scripts are told by the build', () => {
  it('is all that its sources ask for, and no more', () => {
    const sources = ['open/ringfence-open.sh', 'open/ringfence-open.rest.sh', 'shell/ringfence-shell.sh'].map((name) =>
      readFileSync(`src/clients/${name}`, 'utf8'),
    );
    const asked = sources.join('').match(/@[A-Z]+(?:_[A-Z]+)*@/g) ?? [];
    expect([...new Set(asked)].sort()).toEqual(
      // The version comes from package.json.
      [...Object.keys(shellFacts), 'VERSION'].map((name) => `@${name}@`).sort(),
    );
  });

  it('finds a request in the record that is written of it', () => {
    const report = { unit: 'u', app: 'a', name: 'n', profile: 'p', mode: 'relaxed', startedAt: 1 } as const;
    const record = serializeReport({ ...report, requestId: '12-3.45', reasons: [], rows: [] });
    const word = shellFacts['REQUEST_IN_RECORD']?.replace('$request', '12-3.45');
    expect(record).toContain(JSON.parse(word ?? ''));
  });

  it("finds a unit's number in the path of its instance", () => {
    const path = instanceObjectPath(scopeUnitName('org.some-app', 407n));
    expect(path.split(shellFacts['DASH_IN_PATH'] ?? '').at(-1)).toBe('407');
  });
});

describe('docs/clicks.md', () => {
  const rows = readFileSync('docs/clicks.md', 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it.each(Object.entries(errorTable))('tells what becomes of a click that ends with %s', (code, { click }) => {
    const [row] = rows.filter(([, what]) => what?.includes(`\`${code}\``));
    expect(row?.slice(2, 4)).toEqual([
      click === 'handed back' ? 'started without its fence' : 'not started',
      'not started',
    ]);
  });
});
