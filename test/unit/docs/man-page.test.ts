import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const converter = fileURLToPath(new URL('../../../docs/man/roff.mjs', import.meta.url));

function convert(markdown: string): { text: string; error: string } {
  const script = `import { readFileSync } from 'node:fs';
    const { manPage } = await import(process.argv[1]);
    process.stdout.write(manPage(readFileSync(0, 'utf8'), { version: '1', date: '2020-01-01' }).text);`;
  const run = ['--input-type=module', '--eval', script, converter];
  const { stdout, stderr } = spawnSync(process.execPath, run, { input: markdown, encoding: 'utf8' });
  return { text: stdout, error: stderr };
}

const title = '# tool(1): does things\n\n';

describe('manPage', () => {
  it.each([
    ['## Options', '.SH OPTIONS'],
    ['### Some more', '.SS Some more'],
    ['`--flag`\n: What it does.\n  And more.', '.TP\n\\fB\\-\\-flag\\fR\nWhat it does.\nAnd more.'],
    ['- one\n  more\n- two', '.IP \\(bu 2\none more\n.IP \\(bu 2\ntwo'],
    ['| a | b |\n|---|---|\n| 1 | **two** |', '.TP\n1\n\\fBtwo\\fR'],
    ["```toml\n.dot = 'x'\n```", '.PP\n.RS 4\n.EX\n\\&.dot = \\(aqx\\(aq\n.EE\n.RE'],
    ['See other(8) and [a link](https://example.org).', '.PP\nSee \\fBother\\fR(8) and a link.'],
    ['A \\ and a ~.', '.PP\nA \\e and a \\(ti.'],
  ])('makes a page of %j', (markdown, roff) => expect(convert(title + markdown).text).toContain(`${roff}\n`));

  it.each(['> quoted', '<p>', 'no title'])('refuses what no page would show: %j', (line) => {
    expect(convert(line === 'no title' ? line : title + line).error).toContain(line);
  });
});
