import type { LoopsApi } from './loops-api'
import type { Answerer } from './server'

/**
 * Several accounts of Loops at one address: each request goes to the account whose key it bears, and one with an unknown key
 * to the first account, which refuses it.
 */
export function loopsAccounts(first: LoopsApi, ...others: readonly LoopsApi[]): Answerer {
  return {
    answer: (request) => (others.find((account) => account.isAddressedBy(request)) ?? first).answer(request),
  }
}
