import fc from 'fast-check'

const numRuns = Number(process.env['FC_RUNS'] ?? 200)
const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** How to repeat this run; printed whether it fails or not. */
process.stderr.write(`Property tests: FC_RUNS=${numRuns} FC_SEED=${seed}\n`)

/** A test that holds `check` against `FC_RUNS` generated cases. */
export function always<Case>(name: string, cases: fc.Arbitrary<Case>, check: (one: Case) => void): void {
  const milliseconds = 60_000 + numRuns * 50
  it(
    name,
    () => {
      fc.assert(fc.property(cases, check), { numRuns, seed })
    },
    milliseconds,
  )
}
