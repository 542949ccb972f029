"""TensorFlow is started without its messages."""

from __future__ import annotations

import logging

from archaictools.learning.backend import start_tensorflow


def test_no_warning_of_functions_that_are_traced_again(caplog):
    start_tensorflow(threads=1, seed=1)
    import tensorflow as tf

    for number in range(20):
        tf.function(lambda value: value + 1)(tf.constant(number))
    several = tf.function(lambda value: value)
    for number in range(20):
        several(number)  # each Python number is traced
    assert not [record for record in caplog.records if record.name == "tensorflow"]
    assert not logging.getLogger("tensorflow").isEnabledFor(logging.WARNING)
