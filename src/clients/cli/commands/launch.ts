import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RingfenceError } from '../../../domain/errors.ts';
import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { containmentOptions, requestOptions } from '../containment-options.ts';
import { printStarted } from '../instance-text.ts';
import { withApp } from '../name-app.ts';

/** `ringfence launch APP [FILE|URI...]` */
export const launchCommand: Command = {
  name: 'launch',
  operands: 'APP [FILE|URI...]',
  summary: 'start an app in a fence of its own',
  details:
    'APP is a desktop file id (org.gnome.gedit, with or without .desktop), the last part of one where no other app has it\n' +
    '(gedit), or the name that the app has in the menu, in any language.',
  options: {
    action: { type: 'string', value: 'ACTION', help: 'start this action of the app, such as new-window' },
    ...containmentOptions,
  },
  examples: [
    'ringfence launch firefox https://example.org',
    'ringfence launch --memory-max 2G org.gnome.gedit notes.txt',
  ],
  async run(words, { environment, workingDirectory, terminal }) {
    const [app, ...files] = words.positionals;
    if (app === undefined)
      throw new RingfenceError('InvalidArgument', 'cannot launch: no app given (see "ringfence apps")');
    const options = requestOptions(words);
    const action = words.text('action');
    if (action !== undefined) options.set('action', action);
    const token = environment['XDG_ACTIVATION_TOKEN'] ?? environment['DESKTOP_STARTUP_ID'];
    if (token) options.set('activation-token', token);
    const client = await connectClient(environment);
    try {
      const uris = files.map((file) => asUri(file, workingDirectory));
      const path = await withApp(app, client, { environment }, (id) => client.launch(id, uris, options));
      await printStarted(client, path, words.flag('json'), terminal);
      return 0;
    } finally {
      await client.close();
    }
  },
};

// What has a scheme is an address; everything else is a file, seen from where the command was typed.
function asUri(word: string, workingDirectory: string): string {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(word) ? word : pathToFileURL(resolve(workingDirectory, word)).href;
}
