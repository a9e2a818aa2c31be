import { element } from './dom'

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** A value as indented JSON, with each token in a coloured element. */
export function highlighted(value: unknown): DocumentFragment {
  const text = JSON.stringify(value, null, 2)
  const fragment = document.createDocumentFragment()
  let end = 0
  for (const match of text.matchAll(TOKEN)) {
    const [token, quoted, colon] = match
    fragment.append(text.slice(end, match.index))
    if (colon === undefined) fragment.append(element('span', { class: kindOf(token) }, token))
    else fragment.append(element('span', { class: 'json-name' }, quoted ?? ''), colon)
    end = match.index + token.length
  }
  fragment.append(text.slice(end))
  return fragment
}

/** The same for JSON text. Other text is returned unchanged. */
export function highlightedText(text: string): DocumentFragment {
  try {
    return highlighted(JSON.parse(text))
  } catch {
    const fragment = document.createDocumentFragment()
    fragment.append(text)
    return fragment
  }
}

function kindOf(token: string): string {
  if (token.startsWith('"')) return 'json-text'
  return /^[tfn]/.test(token) ? 'json-word' : 'json-number'
}
