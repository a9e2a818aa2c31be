/** The usual faults of JSON that people write by hand, each with the repair that removes it. */
const FAULTS: readonly (readonly [fault: string, pattern: RegExp, repair: string])[] = [
  ['smart quotes instead of plain ones', /[“”„‟«»]/g, '"'],
  ['single quotes instead of double ones', /['‘’]/g, '"'],
  ['backslashes before its quotes', /\\"/g, '"'],
  ['names without quotes', /([{,]\s*)([\w$]+)(?=\s*:)/g, '$1"$2"'],
  ['a trailing comma', /,(?=\s*[\]}])/g, ''],
]

/** The reason why the text is not JSON, like "a trailing comma"; `undefined` if it is not a usual one. */
export function faultOfAlmostJson(text: string): string | undefined {
  if (text.length > 10_000) return undefined
  const found: string[] = []
  let repaired = text
  for (const [fault, pattern, repair] of FAULTS) {
    const alone = text.replace(pattern, repair)
    if (isJsonText(alone)) return fault
    const next = repaired.replace(pattern, repair)
    if (next !== repaired) found.push(fault)
    repaired = next
  }
  if (isJsonText(repaired)) return found.join(' and ')
  if (isJsonText(`${text}]`)) return 'no ] at its end'
  return isJsonText(`${text}}`) ? 'no } at its end' : undefined
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
