/** Whether a text has neither NUL nor half a surrogate pair in it, so that UTF-8 can carry it and a C string end it. */
export function isPlainText(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
