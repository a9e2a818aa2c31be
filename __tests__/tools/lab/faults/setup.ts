import { faultMixes } from '../../../../tools/lab/faults/fault-mixes'

export function mixOf(name: string) {
  const found = faultMixes.find((mix) => mix.name === name)
  if (found === undefined) throw new Error(`No mix ${name}`)
  return found
}
