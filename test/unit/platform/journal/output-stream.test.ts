import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectOutput } from '../../../../src/platform/journal/output-stream.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-stream-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('connectOutput', () => {
  it('has the stream though this process was busy, or not on a processor, for longer than it would wait', async () => {
    const path = join(folder, 'stdout');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const connecting = connectOutput({ path, withinMs: 1 });
    const begin = performance.now();
    while (performance.now() - begin < 20);
    const stream = await connecting;
    expect(stream).toBeDefined();
    stream?.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is none where nobody listens', async () => {
    expect(await connectOutput({ path: join(folder, 'nobody') })).toBeUndefined();
  });
});
