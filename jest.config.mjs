// A loaded machine must not end a run of Hog, see tools/simulators/hog/vm.ts.
process.env.HOG_CLOCK ??= 'operations'

/** @type {import('jest').Config} */
export default {
  globalSetup: '<rootDir>/__tests__/global-setup.ts',
  testEnvironment: '<rootDir>/__tests__/environment.ts',
  // Some machines of CI are much slower than a developer's.
  testTimeout: 30_000,
  // Jest leaves one core free unless told, which on two cores is half of the machine.
  maxWorkers: '100%',
  roots: ['<rootDir>/__tests__'],
  // `npm test` answers in about 90 seconds on two cores, so campaigns that take longer (`*.slow.test.ts`) and what needs
  // Chromium have commands of their own: `test:slow` and `test:browser` override this pattern.
  testRegex: '/__tests__/(?!browser/).*(?<!\\.slow)\\.test\\.ts$',
  // SWC only strips the types, which `npm run check` has checked.
  transform: { '\\.ts$': '@swc/jest' },
}
