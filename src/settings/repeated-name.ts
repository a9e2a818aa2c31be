/** A text of JSON with the colon after it, which only a name has, or the bracket of an object. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)|[{}]/g

/**
 * Finds a name that an object in the JSON text has twice. `JSON.parse` keeps the last one and says nothing.
 *
 * @param json valid JSON.
 */
export function repeatedName(json: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, text, colon] of json.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (text !== undefined && colon === ':') {
      const name = JSON.parse(text) as string
      const names = open[open.length - 1]
      if (names?.has(name) === true) return name
      names?.add(name)
    }
  }
  return undefined
}
