import { byId } from './dom'

export type TabName = 'recorded' | 'live' | 'own'

const NAMES: readonly TabName[] = ['recorded', 'live', 'own']

/** The tabs above the events, with arrow keys by the WAI-ARIA practices. */
export class Tabs {
  current: TabName = 'recorded'

  constructor(private readonly onShow: (name: TabName) => void) {
    for (const name of NAMES) {
      const tab = tabOf(name)
      tab.addEventListener('click', () => {
        this.show(name)
      })
      tab.addEventListener('keydown', ({ key }) => {
        const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? NAMES.length - 1 : 0
        const next = NAMES[(NAMES.indexOf(name) + step) % NAMES.length]
        if (step === 0 || next === undefined) return
        this.show(next)
        tabOf(next).focus()
      })
    }
  }

  show(name: TabName): void {
    this.current = name
    for (const each of NAMES) {
      tabOf(each).setAttribute('aria-selected', String(each === name))
      tabOf(each).tabIndex = each === name ? 0 : -1
      byId(`panel-${each}`, 'div').hidden = each !== name
    }
    this.onShow(name)
  }
}

function tabOf(name: TabName): HTMLButtonElement {
  return byId(`tab-${name}`, 'button')
}
