"""Catalogue of all metrics: name, kind, labels, and advice for when it moves.

Names follow https://prometheus.io/docs/practices/naming; all begin with ``gress_ml_``.
"""

from __future__ import annotations

from types import MappingProxyType

from udfs.metrics.entries.autoscale import AUTOSCALE_METRICS
from udfs.metrics.entries.feature_store import STORE_METRICS
from udfs.metrics.entries.metric import BATCHES, FEATURES, LATENCY, LOADS, VALUES, WAITS, Metric

PREFIX = "gress_ml_"

METRICS = MappingProxyType(
    {
        "models_loaded": Metric(
            "gauge",
            ("job", "model", "version", "type"),
            "Loaded versions, including those kept for a rollback.",
            "Above max_loaded for long: a batch never ends.",
        ),
        "model_info": Metric(
            "gauge",
            ("job", "model", "version", "type", "follows", "tags", "description"),
            "1 for each version that scores for a job. Its label follows is registry, or settings for a pinned job, "
            "which promotions do not reach.",
            "A job that should follow promotions says settings: drop its version there and start it again.",
            merge="livemax",
        ),
        "model_device_info": Metric(
            "gauge",
            ("job", "model", "version", "device", "reason"),
            "1 for the device that a version runs on: cpu, or cuda: and its number. reason is empty, or why it is not "
            "the GPU that ml.inference.enable_gpu asks for: no_provider, no_driver, no_device, not_usable, no_kernel, "
            "lost or no_support.",
            "A reason: `gress doctor --config FILE` on the worker's machine says it in words, and what to do.",
            merge="livemax",
        ),
        "model_load_time_seconds": Metric(
            "histogram",
            ("job", "model", "version", "type"),
            "Seconds to fetch, load and validate a version.",
            "Growing: the store is slow, or the model large; a swap takes as long.",
            LOADS,
        ),
        "model_load_errors_total": Metric(
            "counter",
            ("job", "model", "version", "type", "error_type"),
            "Versions that could not be loaded or are not fit to serve.",
            "See the log for the reason; `gress models history` shows who deployed it.",
        ),
        "inference_latency_seconds": Metric(
            "histogram",
            ("job", "model", "version"),
            "Seconds from a batch's columns to its scores, once for each row of it; a row's latency_us.",
            "Growing with batch_size: larger batches. Growing without: the model, or too few cores.",
            LATENCY,
        ),
        "predictions_total": Metric(
            "counter",
            ("job", "model", "version", "status"),
            "Rows by result: success, with a prediction of this version, or error, without one. A default prediction "
            "counts as a success of the version that should have given one.",
            "No success while events arrive: look at dead letters and the breaker.",
        ),
        "batch_size": Metric(
            "histogram",
            ("job", "model", "version"),
            "Rows of a batch.",
            "Small at full speed: batch_timeout is too short, or batch_size too small.",
            BATCHES,
        ),
        "inference_errors_total": Metric(
            "counter",
            ("job", "model", "version", "error_type"),
            "Rows that this version failed on, with or without another answer.",
            "See fallback_predictions_total for the reason; roll back if it began with this version.",
        ),
        "queue_depth": Metric(
            "gauge",
            ("job", "model"),
            "Rows that workers have and have not scored yet, without those whose batch still fills in the JVM.",
            "High for long: workers are the bottleneck; add slots or a faster model.",
        ),
        "active_predictions": Metric(
            "gauge",
            ("job", "model"),
            "Batches being scored, and those that wait for a call because of max_concurrency.",
            "At the number of slots for long: workers are the bottleneck.",
        ),
        "feature_extraction_time_seconds": Metric(
            "histogram",
            ("job", "feature_set"),
            "Seconds to compute the features of a batch in Python, without windows.",
            "Growing more than batch_size: a feature that costs too much.",
            FEATURES,
        ),
        "feature_extraction_errors_total": Metric(
            "counter",
            ("job", "feature_set", "error_type"),
            "Batches whose features could not be computed; such a job restarts.",
            "See the job's exception: the fields do not fit the feature set.",
        ),
        "features_extracted_total": Metric(
            "counter",
            ("job", "feature_set", "feature_type"),
            "Values computed, by type of feature.",
            "Follows the events; a type that stands still was removed.",
        ),
        "features_out_of_domain_total": Metric(
            "counter",
            ("job", "feature_set", "feature"),
            "Values that a feature is not defined for, such as the logarithm of -3; the model got NaN instead.",
            "Growing: mend the field that the feature reads, or give the feature an offset.",
        ),
        "online_updates_processed_total": Metric(
            "counter",
            ("job", "model", "version"),
            "Labelled rows that a model learnt from. Its version is online, between those that it published.",
            "Stands still: labels do not arrive.",
        ),
        "online_update_latency_seconds": Metric(
            "histogram",
            ("job", "model", "version"),
            "Seconds of one update.",
            "Growing: smaller updates, or a learner that costs less.",
            WAITS,
        ),
        "online_update_batch_size": Metric(
            "histogram",
            ("job", "model", "version"),
            "Labelled rows of one update.",
            "Small: labels come slower than the update interval expects.",
            BATCHES,
        ),
        "online_rollbacks": Metric(
            "gauge",
            ("job", "model"),
            "Looks of the guard since the job's start after which a model went back to what it was before.",
            "Growing: labels are wrong for a while, or the learning rate is too high.",
        ),
        "online_drifts": Metric(
            "gauge",
            ("job", "model"),
            "Changes since the job's start that a model that learns found in its own error.",
            "Growing: the world changes; compare the scores of online with those of served.",
        ),
        "online_version_info": Metric(
            "gauge",
            ("job", "model", "version"),
            "1 for the version that a model that learns published last, 0 for those before.",
            "Another version than the one that serves: see why it was not promoted in the records of learning.",
            merge="livemax",
        ),
        "online_publish_failures": Metric(
            "gauge",
            ("job", "model"),
            "Attempts in a row to publish a version that failed, 0 after one that did not.",
            "Above 0 for long: what serves grows old; check the store, its credentials and the network.",
            merge="livemax",
        ),
        "checkpoint_duration_seconds": Metric(
            "histogram",
            ("job", "model", "version"),
            "Seconds to publish a version of a model that learns.",
            "Growing: the store is slow, or the model grows.",
            LOADS,
        ),
        "model_score": Metric(
            "gauge",
            ("job", "model", "version", "metric"),
            "Quality by outcomes in the last complete drift window: auc_roc, calibration_error. Where a model learns, "
            "any of its scores: version online before it learns rows, version served as the job answered them.",
            "Falling: the world changed; see model_drift_score, train again. online worse than served: stop learning.",
            merge="livemostrecent",
        ),
        "training_errors_total": Metric(
            "counter",
            ("job", "model", "version", "error_type"),
            "Updates that failed (update_failed), after which the model is as before, and versions that could not be "
            "published (publish_failed).",
            "See the log for the reason.",
        ),
        "abtest_variant_selections_total": Metric(
            "counter",
            ("job", "experiment", "variant"),
            "Rows given to each variant.",
            "Shares other than the weights: the split key is uneven.",
        ),
        "abtest_variant_latency_seconds": Metric(
            "histogram",
            ("job", "experiment", "variant"),
            "Seconds from a batch's columns to a variant's scores, once for each row; of a shadow, its model alone.",
            "One variant slower: compare that with its gain.",
            WAITS,
        ),
        "abtest_variant_errors_total": Metric(
            "counter",
            ("job", "experiment", "variant", "error_type"),
            "Rows that a variant failed on.",
            "Stop the variant.",
        ),
        "abtest_unassigned_total": Metric(
            "counter",
            ("job", "experiment", "reason"),
            "Rows that the default variant answered because none could be drawn: missing_unit, where the split key is "
            "NULL or empty, or variant_disabled.",
            "missing_unit grows: events lost the split key.",
        ),
        "abtest_shadow_comparisons_total": Metric(
            "counter",
            ("job", "experiment", "result"),
            "Rows that a shadow scored too: match or mismatch with the served answer.",
            "mismatch grows: look at those rows before the shadow is promoted.",
        ),
        "abtest_shadow_skipped_total": Metric(
            "counter",
            ("job", "experiment", "variant"),
            "Rows that a shadow was not given, because it was too far behind or kept failing.",
            "Growing: give the job another core, or the shadow a faster model.",
        ),
        "abtest_verdict_gain": Metric(
            "gauge",
            ("job", "experiment", "variant", "metric", "bound"),
            "How much better than the default variant a variant is, in the metric's unit, at the last look: bound is "
            "estimate, or lower or upper for the interval, which holds at all looks together. paired:NAME is of both "
            "models on the same rows.",
            "lower above 0: better for certain. upper below 0: worse for certain; read the last record of the verdict.",
            merge="livemostrecent",
        ),
        "abtest_verdict_info": Metric(
            "gauge",
            ("job", "experiment", "variant", "action"),
            "1 for what the last look says to do: continue, advance, promote, hold or rollback.",
            "hold for long, or rollback: the record of the verdict gives the reasons.",
            merge="livemostrecent",
        ),
        "labels_total": Metric(
            "counter",
            ("job", "outcome"),
            "Predictions and labels by what became of them: matched, negative, unlabelled, orphan, duplicate, late or "
            "repeated.",
            "orphan or late grows: compare ids and times of both streams; late needs a longer ttl.",
        ),
        "prediction_distribution": Metric(
            "histogram",
            ("job", "model", "version", "output"),
            "Predictions by value.",
            "Its shape changes: the events or the model changed; see model_drift_score.",
            VALUES,
        ),
        "input_distribution": Metric(
            "histogram",
            ("job", "model", "version", "feature"),
            "Feature values of a sample of rows (`ml.metrics.input_rows` a second and worker).",
            "Its shape changes: see model_drift_score for the size of the change.",
            VALUES,
        ),
        "model_drift_score": Metric(
            "gauge",
            ("job", "model", "version", "metric"),
            "Size of the drift in the last complete window, 0 none to 1, 0.8 large: metric is overall, feature:NAME, "
            "score:NAME, or concept, from outcomes. Of the last change that a sequential detector found, 0 after a "
            "window without one: DETECTOR:feature:NAME, DETECTOR:score:NAME or DETECTOR:outcome:error.",
            "Above 0.8: the feature named differs from training; mend its source or train again.",
            merge="livemostrecent",
        ),
        "fallback_predictions_total": Metric(
            "counter",
            ("job", "model", "version", "reason"),
            "Rows that the model could not score and another version or the default prediction answered.",
            "reason names the model's fault: failed, not_finite, too_slow, or breaker_open after these.",
        ),
        "dead_letters_total": Metric(
            "counter",
            ("job", "stage", "reason"),
            "Rows without a prediction, by the step that rejected them and the reason.",
            "Growing: read them in the dead letters' folder or topic; each names its reason and text.",
        ),
        "circuit_breaker_state": Metric(
            "gauge",
            ("job", "model", "version"),
            "0 closed, 1 half-open, 2 open: the model gets no batches.",
            "Open: roll back, or repair what the model needs; the job tries it again by itself.",
            merge="livemax",
        ),
        "model_swaps_total": Metric(
            "counter",
            ("job", "model", "result"),
            "Deployments applied (swapped, rolled_back) or refused (rejected).",
            "rejected grows: the promoted version does not serve; see the log.",
        ),
        "model_registry_errors_total": Metric(
            "counter",
            ("job", "model"),
            "Outages of the registry; jobs keep their loaded models.",
            "Check the store, its credentials and the network.",
        ),
        **STORE_METRICS,
        **AUTOSCALE_METRICS,
        "end_to_end_latency_seconds": Metric(
            "histogram",
            ("job",),
            "Seconds from an event's own time to its prediction leaving the worker.",
            "Growing: the job falls behind; above 5 s all along on a replay of old events.",
            WAITS,
        ),
    }
)
"""All metrics, by name without prefix."""
