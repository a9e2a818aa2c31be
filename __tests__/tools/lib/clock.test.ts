import { sleep, VirtualClock } from '../../../tools/lib/clock'
import { Random } from '../../../tools/lab/faults/random'

describe('the virtual clock', () => {
  it('rings thousands of alarms in the order of their times, those of the same time in the order they were set', async () => {
    const clock = new VirtualClock(0)
    const random = new Random('alarms')
    const rung: [at: number, order: number][] = []
    const wanted = Array.from({ length: 5000 }, (_, order): [number, number] => [random.between(0, 500), order])
    for (const [at, order] of wanted) {
      clock.after(at, () => {
        expect(clock.now()).toBe(at)
        rung.push([at, order])
      })
    }
    await clock.run()
    expect(rung).toEqual(wanted.sort(([at, order], [otherAt, otherOrder]) => at - otherAt || order - otherOrder))
  })

  it('lets all that waits for an alarm go on before the next one of the same time', async () => {
    const clock = new VirtualClock(0)
    const steps: string[] = []
    const step = (name: string) => async () => {
      for (let wait = 1; wait <= 3; wait++) await Promise.resolve(steps.push(`${name}${wait}`))
    }
    clock.after(1, () => void step('a')())
    clock.after(1, () => void step('b')())
    await clock.run()
    expect(steps).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
  })

  it('neither rings an alarm that was called off nor waits for it', async () => {
    const clock = new VirtualClock(0)
    const callOff = clock.after(1000, () => {
      throw new Error('It rang')
    })
    clock.after(1, callOff)
    await clock.run()
    expect(clock.now()).toBe(1)
  })

  it('runs until a time, alarms at that time included', async () => {
    const clock = new VirtualClock(0)
    const rung: number[] = []
    for (const at of [3, 2, 1]) clock.after(at, () => void rung.push(at))
    await clock.run(2)
    expect([rung, clock.now()]).toEqual([[1, 2], 2])
    await clock.run(10)
    expect([rung, clock.now()]).toEqual([[1, 2, 3], 10])
  })
})

describe('settled', () => {
  it('lets time pass until the promise is settled, and no further', async () => {
    const clock = new VirtualClock(0)
    const rung: number[] = []
    for (const at of [10, 20, 30]) clock.after(at, () => void rung.push(at))
    const promise = sleep(clock, 20).then(() => 'done')
    expect([await clock.settled(promise), rung, clock.now()]).toEqual(['done', [10, 20], 20])
  })

  it.each([
    ['what the promise is rejected with', Promise.reject(new Error('refused')), 'refused'],
    [
      'that nothing can settle it',
      new Promise<never>(() => undefined),
      'Nothing is left that could settle the promise.',
    ],
  ])('throws %s', async (_, promise, message) => {
    await expect(new VirtualClock(0).settled(promise)).rejects.toThrow(message)
  })
})
