import { expect, it } from 'vitest';
import { onceActionId, sandboxActionGroup, strictActionId } from '../../../../src/shadows/pure/sandbox-actions.ts';

it('is in the languages that the entry has, in every country of them', () => {
  expect(strictActionId).toBe('ringfence-strict');
  expect(sandboxActionGroup(strictActionId, 'app --x', 'ico', ['de_AT@euro', 'pt', 'xx', 'zh.UTF-8'])).toBe(
    [
      '[Desktop Action ringfence-strict]',
      'Name=Open Strictly Contained',
      'Name[de]=Streng eingegrenzt öffnen',
      'Name[pt]=Abrir com contenção estrita',
      'Name[pt_BR]=Abrir com contenção estrita',
      'Name[zh_CN]=在严格隔离中打开',
      'Name[zh_TW]=以嚴格隔離開啟',
      'Icon=ico',
      'Exec=app --x',
      '',
    ].join('\n'),
  );
});

it('has no icon where the app has none, and no translation where the entry has none', () => {
  expect(sandboxActionGroup(strictActionId, 'app', undefined, [])).toBe(
    '[Desktop Action ringfence-strict]\nName=Open Strictly Contained\nExec=app\n',
  );
});

it('is for opening once as well', () => {
  expect(sandboxActionGroup(onceActionId, 'app --once', undefined, ['de'])).toBe(
    '[Desktop Action ringfence-once]\nName=Open Once, Throw Away\nName[de]=Einmal öffnen, dann wegwerfen\nExec=app --once\n',
  );
});
