import { version } from '@posthog/hogvm/package.json'
import { exec as exec1066 } from 'hogvm-1.0.66'
import { newestVm } from '../../tools/simulators/hog/vm'
import type { HogVm } from '../../tools/simulators/hog/vm'

/** The VM of the oldest servers that run the destination, and the newest. */
export const vms: readonly (readonly [version: string, vm: HogVm])[] = [
  ['1.0.66', exec1066],
  [version, newestVm],
]
