import type { Target } from '../contract'
import { byId } from './dom'

interface Listener {
  onChange: () => void
  onSend: () => void
  onSendAgain: () => void
}

/** The switch between a preview and sending, the target, and the buttons with the reason why they are disabled. */
export class Sending {
  private readonly switch = byId('preview', 'input')
  private readonly target = byId('target', 'select')
  private readonly targetChoice = byId('target-choice', 'span')
  private readonly button = byId('send', 'button')
  private readonly againButton = byId('send-again', 'button')
  private readonly reason = byId('send-reason', 'p')
  private readonly dialog = byId('confirm-live', 'dialog')
  /** Why the chosen event cannot be sent; undefined if it can. */
  private refusal: string | undefined
  private wasSent = false

  constructor(private readonly listener: Listener) {
    // A browser may restore the controls after a reload.
    this.switch.checked = true
    this.target.value = 'simulator'
    this.switch.addEventListener('change', () => {
      // The user confirms the real Loops each time.
      this.target.value = 'simulator'
      this.show()
    })
    this.target.addEventListener('change', () => {
      if (this.target.value === 'loops') this.confirm()
      this.show()
    })
    this.dialog.addEventListener('close', () => {
      if (this.dialog.returnValue === 'confirm') this.target.value = 'loops'
      this.show()
    })
    this.button.addEventListener('click', listener.onSend)
    this.againButton.addEventListener('click', listener.onSendAgain)
    this.draw()
  }

  get isPreview(): boolean {
    return this.switch.checked
  }

  /** The target; the real Loops only after the user has confirmed it. */
  get to(): Target {
    return this.target.value === 'loops' ? 'loops' : 'simulator'
  }

  /** @param wasSent whether the event was sent before, so that it can be sent again with a new uuid. */
  allow(wasSent: boolean): void {
    this.wasSent = wasSent
    this.refusal = undefined
    this.draw()
  }

  refuse(reason: string): void {
    this.refusal = reason
    this.draw()
  }

  private confirm(): void {
    this.target.value = 'simulator'
    this.dialog.returnValue = ''
    this.dialog.showModal()
  }

  private show(): void {
    this.draw()
    this.listener.onChange()
  }

  private draw(): void {
    const reason = this.isPreview ? 'Turn off “Only preview” to send it.' : this.refusal
    this.button.disabled = reason !== undefined
    this.button.title = reason ?? ''
    this.reason.textContent = reason ?? ''
    this.reason.hidden = reason === undefined
    this.targetChoice.hidden = this.isPreview
    const isAgain = reason === undefined && this.wasSent
    this.againButton.hidden = !isAgain
    // Loops answers 409 to an event that it has accepted, so the other button is the useful one then.
    this.button.classList.toggle('primary', !isAgain)
    document.body.classList.toggle('is-preview', this.isPreview)
    document.body.classList.toggle('is-live', !this.isPreview && this.to === 'loops')
  }
}

/** The target in a question. The user has confirmed the real Loops, or it is no target. */
export function targetOf(to: Target): { to: Target; confirmed?: boolean } {
  return { to, ...(to === 'loops' && { confirmed: true }) }
}
