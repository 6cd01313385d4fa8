import { gnomeTerminal, settingsWorld } from '../fixtures/desktop-settings.ts';
import { desktopSettingsContract } from '../fixtures/desktop-settings-contract.ts';
import { processTreeContract } from '../fixtures/process-tree-contract.ts';
import { processWorld } from '../fixtures/process-world.ts';

// The fakes, held to the same suites as what they stand for (test/integration/fakes.test.ts).

processTreeContract('a world of its own', async () => {
  const world = processWorld();
  const root = world.spawn('python3', '/session.slice/test.scope');
  const child = world.fork(root);
  world.setsid(child);
  const grandchild = world.fork(child);
  return {
    ...world,
    root,
    child,
    grandchild,
    elsewhere: '/app.slice/elsewhere.service',
    endChild: async () => world.exit(child),
    stop: async () => {},
  };
});

const settings = settingsWorld(gnomeTerminal);
desktopSettingsContract('kept in an object', () => settings);
