import { readFileSync } from 'node:fs';
import { keepPromises } from '../../fixtures/promises.ts';
import { busFileChecks } from './bus-file-checks.ts';
import { busHomeChecks } from './bus-home-checks.ts';
import { busLaunchChecks } from './bus-launch-checks.ts';
import { busSettingsChecks } from './bus-settings-checks.ts';
import { busShareChecks } from './bus-share-checks.ts';
import { inOneWorld } from './world.ts';

// Every method, signal and property of the D-Bus contract, and every word that it quotes: options, keys, states.

inOneWorld();

/** Quoted in the contract as an example, or to name something else. */
const examples = new Set(['firefox', 'new-window', 'infinity', 'requestId', 'yes']);

function promises(): string[] {
  const contract = readFileSync('dbus/org.ringfence.Ringfence1.xml', 'utf8');
  const interfaces = contract.slice(contract.indexOf('<node name='));
  const members = /<!--((?:(?!-->)[\s\S])*)-->\s*<(?:method|signal|property) name="(\w+)"/g;
  return [...interfaces.matchAll(members)].flatMap(([, text = '', member]) => {
    const words = [...text.matchAll(/"([A-Za-z][A-Za-z-]*)"/g)].map(([, word = '']) => word);
    const told = words.filter((word) => !examples.has(word) || (member === 'Capabilities' && word === 'yes'));
    return [`${member}`, ...told.map((word) => `${member} "${word}"`)];
  });
}

keepPromises(
  'the D-Bus contract',
  promises(),
  { ...busLaunchChecks, ...busFileChecks, ...busSettingsChecks, ...busHomeChecks, ...busShareChecks },
  'integration/promises/bus-launch-checks.ts or bus-file-checks.ts',
);
