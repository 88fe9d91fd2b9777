/**
 * Tests whose input a coverage-guided fuzzer chooses, Jazzer, with the profile {@code fuzz}; without it they run on their
 * corpus among the test resources, {@code <class>Inputs/<method>}.
 */
package io.evloop.fuzz;
