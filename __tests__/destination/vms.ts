import { version } from '@posthog/hogvm/package.json'
import { exec as exec1066 } from 'hogvm-1.0.66'
import { newestVm } from '../../tools/simulators/hog/vm'
import type { HogVm } from '../../tools/simulators/hog/vm'

/** The VM looks at the time every few operations, which take about so long on a developer's machine that does nothing else. */
const MILLISECONDS_A_LOOK = 0.02

/** The VM with a clock that its operations move on: on the machine's clock other programs would take time, too. */
function counted(vm: HogVm): HogVm {
  return (code, options) => {
    const { now } = Date
    let time = now()
    Date.now = () => Math.floor((time += MILLISECONDS_A_LOOK))
    try {
      return vm(code, options)
    } finally {
      Date.now = now
    }
  }
}

export const countedVm = counted(newestVm)

/** The VM of the oldest servers that run the destination, and the newest; `npm run test:slow` lets them see the machine's clock. */
export const vms: readonly (readonly [version: string, vm: HogVm])[] =
  process.env['HOG_CLOCK'] === 'real'
    ? [
        ['1.0.66', exec1066],
        [version, newestVm],
      ]
    : [
        ['1.0.66', counted(exec1066)],
        [version, countedVm],
      ]
