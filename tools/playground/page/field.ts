import { marked } from 'marked'
import { element, setText } from './dom'

const CONTROLS = 'input, select, textarea'

/** A field of a form with its hint and the place of its error. */
export class Field {
  readonly element: HTMLElement
  private readonly error: HTMLElement

  /** `control` is what the error is about; `below` stands between the control and the hint. */
  constructor(
    id: string,
    label: string,
    private readonly control: HTMLElement,
    { hint, required = false, below = [] }: { hint: string; required?: boolean; below?: readonly HTMLElement[] },
  ) {
    this.error = element('p', { class: 'error', id: `${id}-error` })
    const isLabelled = control.matches(CONTROLS)
    const name = isLabelled ? element('label', { for: id }, label) : element('p', { class: 'label' }, label)
    if (required) name.append(' ', element('span', { class: 'required' }, 'required'))
    control.setAttribute('aria-describedby', `${id}-error ${id}-hint`)
    this.element = element('div', { class: 'field' }, name, control, this.error, ...below, hintOf(id, hint))
  }

  /** Brings the field into view, with the cursor in it. */
  focus(): void {
    const first = this.control.matches(CONTROLS)
      ? this.control
      : this.control.querySelector<HTMLElement>(`${CONTROLS}, button`)
    // A field with many rows is higher than a phone: its middle would hide its start.
    const start = first ?? this.element
    start.scrollIntoView({ block: 'center' })
    first?.focus({ preventScroll: true })
  }

  /** Shows the sentences, or none. */
  show(sentences: readonly string[]): void {
    setText(this.error, [...new Set(sentences)].join(' '))
    if (sentences.length > 0) this.control.setAttribute('aria-invalid', 'true')
    else this.control.removeAttribute('aria-invalid')
  }
}

function hintOf(id: string, text: string): HTMLElement {
  const hint = element('p', { class: 'hint', id: `${id}-hint` })
  // The hints are the repository's own text, from plugin.json and destination.json. GitHub's Markdown would link addresses.
  hint.innerHTML = marked.parseInline(text, { async: false, gfm: false })
  hint.querySelectorAll('a').forEach((link) => {
    link.target = '_blank'
    link.rel = 'noopener'
  })
  hint.querySelectorAll('code').forEach(keepWhole)
  return hint
}

/** As long as the narrowest column takes on one line. */
const SHORT = 46

/** Lets an example break into lines between its placeholders, and not in them, where the column has the room. */
function keepWhole(code: HTMLElement): void {
  const { textContent: text } = code
  const parts = text.length <= SHORT ? [text] : text.split(/(\{[^{}]+\})/)
  const isWhole = (part: string): boolean => part === text || part.startsWith('{')
  code.replaceChildren(
    ...parts.map((part) => {
      if (!isWhole(part)) return part
      return element('span', { class: part.length <= SHORT ? 'whole' : 'whole-if-wide' }, part)
    }),
  )
}
