/**
 * The keys that were pressed, from what a terminal sends for them (xterm's control sequences, which terminals of today and the Linux
 * console share): a character, or a name such as "up" or "ctrl-c". What is no key that anybody asks for is left out. `rest` is the start
 * of a sequence whose end has not come yet.
 */
export function decodeKeys(text: string): { readonly keys: readonly string[]; readonly rest: string } {
  const keys: string[] = [];
  let left = text;
  while (left !== '') {
    if (unfinished.test(left)) return { keys, rest: left };
    const [taken, key] = firstKey(left);
    if (key !== undefined) keys.push(key);
    left = left.slice(taken.length);
  }
  return { keys, rest: '' };
}

/** Ctrl, Alt and Shift with a key: "[1;5B", "[5;3~". */
function withoutModifiers(sequence: string): string {
  return sequence.replace(/^\[1;\d+(?=[A-Z]$)/, '[').replace(/;\d+(?=~$)/, '');
}

function firstKey(text: string): [taken: string, key: string | undefined] {
  const sequence = whole.exec(text)?.[0];
  if (sequence !== undefined) return [sequence, sequences[withoutModifiers(sequence.slice(1))]];
  const character = String.fromCodePoint(text.codePointAt(0) ?? 0);
  if (character === '\x1b') return [character, 'escape'];
  const code = character.charCodeAt(0);
  if (code === 13 || code === 10) return [character, 'enter'];
  if (code === 127 || code === 8) return [character, 'backspace'];
  if (code === 9) return [character, 'tab'];
  if (code < 32) return [character, `ctrl-${String.fromCharCode(code + 96)}`];
  return [character, character];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts a sequence
const unfinished = /^\u001b(?:\[[0-9;]*|O)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts a sequence
const whole = /^\u001b(?:\[\[[A-E]|\[[0-9;<=>?]*[ -/]*[@-~]|O[ -~])/;

const sequences: Readonly<Record<string, string>> = {
  '[A': 'up',
  OA: 'up',
  '[B': 'down',
  OB: 'down',
  '[H': 'home',
  OH: 'home',
  '[1~': 'home',
  '[F': 'end',
  OF: 'end',
  '[4~': 'end',
  '[5~': 'page-up',
  '[6~': 'page-down',
  OP: 'f1',
  '[[A': 'f1',
  '[11~': 'f1',
  '[17~': 'f6',
  '[20~': 'f9',
  '[21~': 'f10',
};
