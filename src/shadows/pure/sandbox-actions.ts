/** The id of the action that every shadow has on top. */
export const strictActionId = 'ringfence-strict';
/** The id of the action of those whose app opens files. */
export const onceActionId = 'ringfence-once';

interface Action {
  readonly label: string;
  /** By locale, as in the keys of desktop entries. */
  readonly translations: Readonly<Record<string, string>>;
}

const actions: Readonly<Record<string, Action>> = {
  [strictActionId]: {
    label: 'Open Strictly Contained',
    translations: {
      ar: 'افتح باحتواء صارم',
      cs: 'Otevřít přísně ohraničeně',
      da: 'Åbn strengt afgrænset',
      de: 'Streng eingegrenzt öffnen',
      es: 'Abrir con contención estricta',
      fi: 'Avaa tiukasti rajattuna',
      fr: 'Ouvrir en confinement strict',
      hu: 'Megnyitás szigorúan elkülönítve',
      it: 'Apri con contenimento rigoroso',
      ja: '厳格に隔離して開く',
      ko: '엄격하게 격리하여 열기',
      nb: 'Åpne strengt avgrenset',
      nl: 'Strikt afgeschermd openen',
      pl: 'Otwórz w ścisłym odosobnieniu',
      pt: 'Abrir com contenção estrita',
      pt_BR: 'Abrir com contenção estrita',
      ru: 'Открыть со строгой изоляцией',
      sv: 'Öppna strikt avgränsat',
      tr: 'Sıkı kapsama ile aç',
      uk: 'Відкрити із суворою ізоляцією',
      zh_CN: '在严格隔离中打开',
      zh_TW: '以嚴格隔離開啟',
    },
  },
  [onceActionId]: {
    label: 'Open Once, Throw Away',
    translations: {
      ar: 'افتح مرة واحدة ثم تخلّص',
      cs: 'Otevřít jednou a zahodit',
      da: 'Åbn én gang og kassér',
      de: 'Einmal öffnen, dann wegwerfen',
      es: 'Abrir una vez y desechar',
      fi: 'Avaa kerran ja hävitä',
      fr: 'Ouvrir une fois, puis jeter',
      hu: 'Megnyitás egyszer, majd eldobás',
      it: 'Apri una volta e getta',
      ja: '一度だけ開いて破棄',
      ko: '한 번만 열고 버리기',
      nb: 'Åpne én gang og forkast',
      nl: 'Eenmalig openen en weggooien',
      pl: 'Otwórz raz i wyrzuć',
      pt: 'Abrir uma vez e descartar',
      pt_BR: 'Abrir uma vez e descartar',
      ru: 'Открыть один раз и выбросить',
      sv: 'Öppna en gång och släng',
      tr: 'Bir kez aç, sonra at',
      uk: 'Відкрити один раз і викинути',
      zh_CN: '打开一次后丢弃',
      zh_TW: '開啟一次後捨棄',
    },
  },
};

function languageOf(locale: string): string {
  const end = locale.search(/[_.@]/);
  return end === -1 ? locale : locale.slice(0, end);
}

const labels = Object.fromEntries(
  Object.entries(actions).map(([id, { translations }]) => [
    id,
    Object.entries(translations).map(([locale, text]) => ({
      language: languageOf(locale),
      line: `Name[${locale}]=${text}\n`,
    })),
  ]),
);

/**
 * The group of an added action. It is translated into the languages that the entry itself is in, so that its menu
 * speaks one language.
 *
 * @param id one of the two above
 * @param exec the unquoted-by-file value of its Exec line, already escaped for the file
 * @param locales of the entry's Name keys
 */
export function sandboxActionGroup(
  id: typeof strictActionId | typeof onceActionId,
  exec: string,
  icon: string | undefined,
  locales: readonly string[],
): string {
  const languages = new Set(locales.map(languageOf));
  const names = (labels[id] ?? []).filter(({ language }) => languages.has(language)).map(({ line }) => line);
  const iconLine = icon === undefined ? '' : `Icon=${icon}\n`;
  return `[Desktop Action ${id}]\nName=${actions[id]?.label}\n${names.join('')}${iconLine}Exec=${exec}\n`;
}
