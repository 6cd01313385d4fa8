import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { budgetText } from '../pure/desktop-text.ts';
import { columns, type Terminal } from '../terminal.ts';
import { userConfigReport } from '../user-config.ts';

/** `ringfence status` */
export const statusCommand: Command = {
  name: 'status',
  operands: '',
  summary: 'show the daemon, its profiles and what this machine can enforce',
  options: {},
  async run(words, { environment, terminal }) {
    const client = await connectClient(environment);
    try {
      const values = await client.properties();
      const capabilities = values.get('Capabilities') as Map<string, string>[];
      const profiles = values.get('Profiles') as Map<string, Map<string, string>>;
      const desktop = (values.get('Desktop') ?? []) as Map<string, string>[];
      const configError = values.get('ConfigError') as string;
      const configWarnings = userConfigReport(environment).warnings.map(({ message }) => message);
      if (words.flag('json')) {
        terminal.printJson({
          version: values.get('Version'),
          configError,
          configWarnings,
          capabilities: capabilities.map((one) => Object.fromEntries(one)),
          desktop: desktop.map((one) => Object.fromEntries(one)),
          profiles: Object.fromEntries([...profiles].map(([name, settings]) => [name, Object.fromEntries(settings)])),
        });
        return 0;
      }
      terminal.print(`${terminal.paint('bold', 'ringfenced')} ${values.get('Version')}`);
      if (configError !== '') terminal.print(`${terminal.paint('red', 'configuration')}  ${configError}`);
      for (const message of configWarnings) terminal.print(`${terminal.paint('yellow', 'configuration')}  ${message}`);
      terminal.print(
        `\n${columns(
          capabilities.map((one) => [
            one.get('name') ?? '',
            one.get('available') === 'yes'
              ? terminal.paint('green', 'works')
              : terminal.paint('yellow', one.get('name') === 'file-watching' ? 'limited' : 'not enforced'),
            one.get('reason') ?? '',
          ]),
        )}`,
      );
      if (desktop.length > 0) terminal.print(`\n${columns(desktop.map((one) => desktopRow(one, terminal)))}`);
      const fixes = new Set([...capabilities, ...desktop].flatMap((one) => one.get('fix') ?? []));
      if (fixes.size > 0) terminal.print(`\nHow to fix this:\n${[...fixes].map((fix) => `  ${fix}`).join('\n')}`);
      terminal.print(
        `\n${columns(
          [...profiles].map(([name, settings]) => [
            terminal.paint('bold', name),
            [...settings].map(([key, value]) => `${key}=${value}`).join(' '),
          ]),
        )}`,
      );
      return 0;
    } finally {
      await client.close();
    }
  },
};

function desktopRow(row: ReadonlyMap<string, string>, { paint }: Terminal): string[] {
  const states: Readonly<Record<string, string>> = { enforced: paint('green', 'enforced'), off: paint('dim', 'off') };
  return [row.get('name') ?? '', states[row.get('state') ?? ''] ?? paint('yellow', 'not enforced'), budgetText(row)];
}
