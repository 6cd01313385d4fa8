import { expect, it } from 'vitest';
import { ownPasswd } from '../../../../src/strict/pure/passwd.ts';

const anna = { uid: 1000, gid: 1000, name: 'anna' };

it('names the own home in the user’s entry, and leaves the others', () => {
  const text = 'root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000:Anna:/home/anna:/bin/zsh\n';
  expect(ownPasswd(text, anna, '/own')).toBe('anna:x:1000:1000:Anna:/own:/bin/zsh\nroot:x:0:0:root:/root:/bin/bash\n');
});

it('makes the entry of a user who has none, and takes no home for two fields', () => {
  expect(ownPasswd('', anna, '/a:b')).toBe('anna:x:1000:1000::/a_b:/bin/sh\n');
});
