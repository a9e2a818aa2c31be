/** What a new element may be given: attributes as text, `true` for one without a value, `undefined` for none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** The element with this id, which index.html has. */
export function byId<Name extends keyof HTMLElementTagNameMap>(id: string, tag: Name): HTMLElementTagNameMap[Name] {
  const found = document.getElementById(id)
  if (found?.localName !== tag) throw new Error(`The page has no <${tag} id="${id}">.`)
  return found as HTMLElementTagNameMap[Name]
}

/** A new element. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  tag: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children)
  return made
}

/** Writes text only where it changes, so that a screen reader does not read the same again. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
