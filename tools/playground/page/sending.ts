import type { Target } from '../contract'
import { byId } from './dom'

/** The switch that mocks out HTTP requests, and the target of the requests if it is off. */
export class Sending {
  private readonly mock = byId('mock', 'input')
  private readonly target = byId('target', 'select')
  private readonly button = byId('send', 'button')
  private readonly againButton = byId('send-again', 'button')
  private readonly dialog = byId('confirm-live', 'dialog')
  private canSend = false
  private wasSent = false

  constructor(
    private readonly onChange: () => void,
    onSend: () => void,
    onSendAgain: () => void,
  ) {
    // A browser may restore the controls after a reload.
    this.mock.checked = true
    this.target.value = 'simulator'
    this.mock.addEventListener('change', () => {
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
    this.button.addEventListener('click', onSend)
    this.againButton.addEventListener('click', onSendAgain)
    this.draw()
  }

  get isMocked(): boolean {
    return this.mock.checked
  }

  /** The target; the real Loops only after the user has confirmed it. */
  get to(): Target {
    return this.target.value === 'loops' ? 'loops' : 'simulator'
  }

  /** @param wasSent whether the event was sent before, so that it can be sent again with a new uuid. */
  allow(canSend: boolean, wasSent: boolean): void {
    this.canSend = canSend
    this.wasSent = wasSent
    this.draw()
  }

  private confirm(): void {
    this.target.value = 'simulator'
    this.dialog.returnValue = ''
    this.dialog.showModal()
  }

  private show(): void {
    this.draw()
    this.onChange()
  }

  private draw(): void {
    this.target.disabled = this.isMocked
    this.button.disabled = this.isMocked || !this.canSend
    this.againButton.hidden = this.button.disabled || !this.wasSent
    document.body.classList.toggle('is-live', !this.isMocked && this.to === 'loops')
  }
}

/** The target in a question. The user has confirmed the real Loops, or it is no target. */
export function targetOf(to: Target): { to: Target; confirmed?: boolean } {
  return { to, ...(to === 'loops' && { confirmed: true }) }
}
