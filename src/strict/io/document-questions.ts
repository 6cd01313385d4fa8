import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeFolders } from '../../platform/files/make-folders.ts';
import type { DocumentQuestions } from '../ports.ts';
import { documentId } from '../pure/document-names.ts';

/**
 * The socket at which a sandbox's file system of documents asks where one is to be used: a line "SANDBOX ID", and an absolute path as
 * the answer. No sandbox sees it. A daemon that takes over puts its own in the place of the last one's.
 */
export function openDocumentQuestions(runtimeDirectory: string): DocumentQuestions {
  const folder = join(runtimeDirectory, 'ringfence');
  const path = join(folder, 'documents.sock');
  let listening: Promise<void> | undefined;
  return {
    path,
    listen(answer) {
      listening ??= new Promise((resolve, reject) => {
        makeFolders(folder, 0o700);
        rmSync(path, { force: true });
        const server = createServer((line) => {
          let text = '';
          line.on('error', () => {});
          line.setTimeout(longestQuestion, () => line.destroy());
          line.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
            if (text.length > 200) line.destroy();
            const [, sandbox = '', document = ''] = /^(\S+) (\S+)\n$/.exec(text) ?? [];
            if (!documentId.test(document)) return;
            answer(sandbox, document).then(
              (place) => line.end(`${place}\n`),
              () => line.destroy(),
            );
          });
        });
        server.once('error', reject);
        server.listen(path, () => {
          server.on('error', () => {});
          server.unref();
          resolve();
        });
      });
      listening.catch(() => {
        listening = undefined;
      });
      return listening;
    },
  };
}

/** In ms. */
const longestQuestion = 10_000;
