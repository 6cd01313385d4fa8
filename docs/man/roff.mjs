// A man page (man(7) macros, groff and mandoc) from the Markdown that this project's pages are written in: headings, paragraphs,
// tables, "term / : definition" lists, "- " lists, fenced and indented code, `code`, **bold**, *italic* and [links](…).
// Anything else is an error, so that no page loses a part unseen.

/**
 * The first line of the page reads "# name(section): what it is".
 * @param {string} markdown @param {{ version: string, date: string }} made
 * @returns {{ name: string, section: string, text: string }}
 */
export function manPage(markdown, { version, date }) {
  const [title = '', ...lines] = markdown.split('\n');
  const [, name, section, summary] = /^# (\S+)\((\d)\): (.+)$/.exec(title) ?? [];
  if (name === undefined) throw new Error(`the title of a page reads "# name(1): what it is", not "${title}"`);
  const text = [
    `.TH ${name.toUpperCase()} ${section} ${date} "Ringfence ${version}"`,
    '.SH NAME',
    `${plain(name)} \\- ${inline(summary)}`,
    ...blocks(lines),
  ];
  return { name, section, text: `${text.join('\n')}\n` };
}

const kinds = [
  [/^$/, skip],
  [/^## /, (take) => `.SH ${heading(take()[0].slice(3)).toUpperCase()}`],
  [/^### /, (take) => `.SS ${heading(take()[0].slice(4))}`],
  [/^```/, fenced],
  [/^ {4}/, (take) => example(take(/^( {4}|$)/).map((line) => line.slice(4)))],
  [/^\|/, table],
  [/^- /, list],
  [/^[^\s#>|<-]/, paragraph],
];

/** Each kind of block takes its lines and gives the lines of the page. */
function blocks(lines) {
  const out = [];
  let at = 0;
  const take = (more) => {
    const start = at++;
    while (more !== undefined && at < lines.length && more.test(lines[at])) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const [, render] = kinds.find(([pattern]) => pattern.test(lines[at])) ?? [];
    if (render === undefined) throw new Error(`no man page can have this line: ${lines[at]}`);
    const made = [render(take, () => lines[at])].flat();
    // A heading makes its own paragraph.
    if (made[0] === '.PP' && /^\.S[HS] /.test(out.at(-1) ?? '')) made.shift();
    out.push(...made);
  }
  return out;
}

function skip(take) {
  take();
  return [];
}

function fenced(take, next) {
  take();
  const lines = [];
  while (!/^```/.test(next())) lines.push(...take());
  take();
  return example(lines);
}

function example(lines) {
  while (lines.at(-1) === '') lines.pop();
  return ['.PP', '.RS 4', '.EX', ...lines.map(protect).map((line) => line || '\\&'), '.EE', '.RE'];
}

/** Rows as terms and definitions: tables of tbl(1) are not for terminals of 80 columns. */
function table(take) {
  const [head, , ...rows] = take(/^\|/).map(cells);
  const last = head.length - 1;
  return rows.flatMap((row) => {
    const middle = row.slice(1, last).map((cell) => inline(cell));
    return ['.TP', `${inline(row[0])}${middle.length > 0 ? `: ${middle.join('; ')}` : ''}`, prose(row[last])];
  });
}

function cells(line) {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function list(take) {
  const joined = [];
  for (const line of take(/^(- | {2}\S)/)) {
    if (line.startsWith('- ')) joined.push(line.slice(2));
    else joined.push(`${joined.pop()} ${line.trim()}`);
  }
  return joined.flatMap((item) => ['.IP \\(bu 2', prose(item)]);
}

function paragraph(take) {
  const lines = take(/^[^\s#>|<-]|^ {2}\S/);
  const colon = lines.findIndex((line) => line.startsWith(': '));
  if (colon === -1) return ['.PP', prose(lines.join(' '))];
  const definition = [lines[colon].slice(2), ...lines.slice(colon + 1).map((line) => line.trim())];
  return ['.TP', inline(lines.slice(0, colon).join(' ')), prose(definition.join(' '))];
}

/** Sentences on lines of their own are what keeps the spaces between them right. */
function prose(markdown) {
  return inline(markdown)
    .split(/(?<=[.!?]) +(?=[A-Z])/)
    .flatMap(fold)
    .map(guard)
    .join('\n');
}

function inline(markdown) {
  const parts = markdown.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\([^)]+\)|\b[a-z][\w.-]*\(\d\))/);
  return parts.map((part, index) => (index % 2 === 0 ? plain(part) : styled(part))).join('');
}

function fold(sentence) {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length > 78 && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}

function styled(part) {
  const link = /^\[([^\]]+)\]/.exec(part);
  if (link !== null) return plain(link[1]);
  if (part.startsWith('`')) return `\\fB${plain(part.slice(1, -1))}\\fR`;
  if (part.startsWith('**')) return `\\fB${plain(part.slice(2, -2))}\\fR`;
  if (part.startsWith('*')) return `\\fI${plain(part.slice(1, -1))}\\fR`;
  const [, page, section] = /^(.*)(\(\d\))$/.exec(part);
  return `\\fB${plain(page)}\\fR${section}`;
}

function heading(text) {
  return inline(text)
    .replaceAll('\n', ' ')
    .replace(/\\f[BR]/g, '')
    .replaceAll('"', '\\(dq');
}

function plain(text) {
  return text
    .replaceAll('\\', '\\e')
    .replace(/-/g, '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq');
}

function protect(line) {
  return guard(plain(line));
}

/** A line that begins with one of these would be a macro. */
function guard(line) {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
