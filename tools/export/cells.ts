/** The cells of the CSV. */
import type { LoopsValue } from '../../src/loops/values'

/**
 * The text of a cell.
 *
 * @returns `undefined` if the value gets no cell: a text that a spreadsheet would run as a formula.
 */
export function cellOf(value: LoopsValue): string | undefined {
  const text = String(value)
  // Loops' import empties a property whose cell says null.
  if (text === 'null') return ''
  return typeof value === 'string' && isFormula(text) ? undefined : text
}

/**
 * True if a spreadsheet that opens the CSV would compute the text. An apostrophe in front, the usual remedy, would become a
 * part of the value in Loops. Numbers, telephone numbers and names like @ada are harmless: no function, command or
 * reference is in them.
 */
export function isFormula(text: string): boolean {
  // Some spreadsheets begin a cell after each of these characters.
  return text.split(/[;\t\r\n]/).some((part) => FORMULA.test(part) && !TELEPHONE_NUMBER.test(part))
}

const FORMULA = /^\s*([=＝]|[+\-@＋－＠][^]*[(|![])/
const TELEPHONE_NUMBER = /^\s*[+-][\d\s()./-]*$/
