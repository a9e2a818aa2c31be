/** The attributes of a new element: text, `true` for an attribute without a value, `undefined` to leave it out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** The element of index.html with this id; throws an Error if there is none with this tag. */
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

/** A field for a text of one line. All of a long text is shown, on as many lines as it needs, unless it is secret. */
export function textField(attributes: Attributes, isSecret = false): HTMLInputElement | HTMLTextAreaElement {
  const all = { ...attributes, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' }
  if (isSecret) return element('input', { ...all, type: 'password' })
  const made = element('textarea', { ...all, rows: 1, class: 'line' })
  made.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault()
  })
  made.addEventListener('input', () => {
    if (made.value.includes('\n')) made.value = made.value.replace(/\s*\n\s*/g, ' ')
  })
  return made
}

/** Sets the text only if it changes, so that a screen reader does not read it again. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Makes a function that runs `work` once its calls have paused for `milliseconds`. */
export function afterPause(milliseconds: number, work: () => void): () => void {
  let timer: number | undefined
  return () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(work, milliseconds)
  }
}

/** Lets a button copy a text, and say for a moment that it has. */
export function connectCopy(
  button: HTMLButtonElement,
  text: () => string,
  onRefusal: (sentence: string) => void = () => undefined,
): void {
  const label = button.textContent
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text()).then(
      () => {
        button.textContent = 'Copied'
        window.setTimeout(() => (button.textContent = label), 1500)
      },
      () => {
        onRefusal('The browser does not let this page write to the clipboard.')
      },
    )
  })
}
