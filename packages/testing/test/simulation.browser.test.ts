// The same tests, in a browser.
import './simulation.test.ts';
