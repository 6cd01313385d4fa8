/** The id of the action that every shadow has on top. */
export const strictActionId = 'ringfence-strict';

const label = 'Open Strictly Contained';

/** By locale, as in the keys of desktop entries. */
const translations: Readonly<Record<string, string>> = {
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
};

const labels = Object.entries(translations).map(([locale, text]) => ({
  language: languageOf(locale),
  line: `Name[${locale}]=${text}\n`,
}));

function languageOf(locale: string): string {
  const end = locale.search(/[_.@]/);
  return end === -1 ? locale : locale.slice(0, end);
}

/**
 * The group of the added action. It is translated into the languages that the entry itself is in, so that its menu
 * speaks one language.
 *
 * @param exec the unquoted-by-file value of its Exec line, already escaped for the file
 * @param locales of the entry's Name keys
 */
export function strictActionGroup(exec: string, icon: string | undefined, locales: readonly string[]): string {
  const languages = new Set(locales.map(languageOf));
  const names = labels.filter(({ language }) => languages.has(language)).map(({ line }) => line);
  const iconLine = icon === undefined ? '' : `Icon=${icon}\n`;
  return `[Desktop Action ${strictActionId}]\nName=${label}\n${names.join('')}${iconLine}Exec=${exec}\n`;
}
