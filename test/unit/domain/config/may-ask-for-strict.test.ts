import { describe, expect, it } from 'vitest';
import { mayAskForStrict } from '../../../../src/domain/config/may-ask-for-strict.ts';
import { builtInConfig } from '../../../../src/domain/config/model.ts';

const asks = (text: string) => mayAskForStrict(text, builtInConfig);

describe('a text that is no correct config', () => {
  it.each([
    '[app.a]\nprofile = "strict"\nnope = 1',
    '[app.a]\nprofile = "\\u0073trict"\nnope = 1',
    '[app.a]\nprofile = "\\U00000073trict"\nnope = 1',
    '[app.a]\nprofile = "\\x73trict"\nnope = 1',
    '[app.a]\n"pro\\u0066ile" = "other"\nnope = 1',
    '[app.a]\nprofile = """\nstr\\\n   ict"""\nnope = 1',
    "[app.a]\nprofile = '''strict'''\nnope = 1",
    '[app.a]\nprofile = "elsewhere"\nnope = 1',
    '[app.a]\nprofile = other\nnope = 1',
    'default-profile = "mine"\nnope = 1',
    'app.a = { profile = "mine" }\nnope = 1',
    "[app.a]\nprofile = 'mine'\nnope = 1",
    '[app.a]\nprofile = STRICT',
    '[app.a]\n"profile" = "mine"\nnope = 1',
    '[app.a]\nprofile   =   "mine"\nnope = 1',
    '[profile.own]\nbase = "relaxed"\n[app.a]\nprofile = "other"\nnope = 1',
    '[profile.own]\nbase = "elsewhere"\n[app.a]\nprofile = "own"\nnope = 1',
    'x[profile.own]\n[app.a]\nprofile = "own"\nnope = 1',
    '[app.a]\nprofile =\nnope = 1',
    '[app.a]\nprofile = x{',
  ])('may ask for strict: %j', (text) => expect(asks(text)).toBe(true));

  it.each([
    '[app.a]\nmemory-max = "lots"',
    '[app.a]\nprofile = "relaxed"\nnope = 1',
    '[profile.own]\nbase = "relaxed"\n[app.a]\nprofile = "own"\nnope = 1',
    " [ profile . 'own.x-1' ]\nbase = 'relaxed'\n[app.a]\nprofile = 'own.x-1'\nnope = 1",
    'my-profiles = "x"\nbases = "y"\nnope = 1',
    'profile = { }\nnope = 1',
    '',
  ])('does not: %j', (text) => expect(asks(text)).toBe(false));
});
