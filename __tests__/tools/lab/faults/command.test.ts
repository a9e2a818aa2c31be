import { run } from '../../../../tools/lab/faults/run'

jest.setTimeout(30_000)

describe('npm run lab faults', () => {
  async function npmRunFaults(...args: string[]): Promise<{ exitCode: number; said: string; told: string }> {
    const said: string[] = []
    const told: string[] = []
    const output = { say: (text: string) => void said.push(text), tell: (text: string) => void told.push(text) }
    const exitCode = await run(args, output)
    return { exitCode, said: said.join(''), told: told.join('') }
  }
  const small = ['--events', '20', '--people', '4', '--processes', '1', '--server', '2024-02']

  it('prints a table for each delivery mode, a row for each fault mix', async () => {
    const { exitCode, said, told } = await npmRunFaults(...small, '--faults', 'cache-30%, fails-30%', '--seeds', '2')
    expect(exitCode).toBe(0)
    expect(said.match(/^PostHog .*$/gm)).toEqual([
      'PostHog 2024-02, direct delivery: 20 events of 4 people, unless the mix sets it',
      'PostHog 2024-02, webhook delivery: 20 events of 4 people, unless the mix sets it',
    ])
    expect(said.match(/^faults +delivered +lost +duplicated +out of order +by two workers +requests an event +time to drain +slowest, s +429s +most in a second +Redis, kB +read, B an event +keys for ever$/gm)).toHaveLength(2) // prettier-ignore
    expect(said.match(/^(cache|fails)-30% +\d+ +\d+\*? .*$/gm)).toHaveLength(4)
    expect(told).toMatch(/8 of 8 runs\n$/)
    expect(said).toMatch(/\*[^]*\n\n\* the worst row of its column\n$/)
  })

  it('marks nothing where there is nothing worse', async () => {
    const { said } = await npmRunFaults(...small, '--faults', 'fails-30%')
    expect(said).toMatch(/^fails-30% +\d+ /m)
    expect(said).not.toContain('*')
  })

  it('tells what each killed process has lost', async () => {
    const { said } = await npmRunFaults(...small, '--delivery', 'direct', '--faults', 'kill-30%', '--seeds', '3')
    expect(said).toMatch(/^kill-30%: \d+ lost with [1-9]\d* killed processes, \d+\.\d\d each$/m)
  })

  it('explains its ratios', async () => {
    const { said } = await npmRunFaults('--help')
    expect(said).toContain('"time to drain" is how many times as long')
  })

  it.each([
    [['--faults', 'rain'], /^--faults does not know 'rain': use none, fifth, .*\.\n$/],
    [['--server', '--seeds'], /^Option '--server' argument is ambiguous\. See npm run lab faults -- --help\.\n$/],
    [['--server', '9'], /^--server does not know '9': use 1.30, .*\.\n$/],
    [['--delivery', 'pigeon'], /^--delivery does not know 'pigeon': use direct, webhook\.\n$/],
    [['--seeds', '0'], /^--seeds takes a whole number from 1 on, not '0'\.\n$/],
    [['--server', '1.30', '--delivery', 'webhook'], /^PostHog 1\.30 sends nothing by webhook\.\n$/],
    [['--expect-none-lost', '--server', '2025-09'], /^--expect-none-lost needs direct delivery .*\.\n$/],
    [['--expect-none-lost', '--faults', 'storm'], /^--expect-none-lost needs direct delivery .*\.\n$/],
    [['--sed'], /^Unknown option '--sed'\. See npm run lab faults -- --help\.\n$/],
  ])('says what is wrong with %j', async (args, message) => {
    const { exitCode, said, told } = await npmRunFaults(...args)
    expect({ exitCode, said }).toEqual({ exitCode: 1, said: '' })
    expect(told).toMatch(message)
  })

  it('shows its help', async () => {
    expect((await npmRunFaults('--help')).said).toContain('Usage: npm run lab faults')
  })
})
