import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Prints the server's and the topics' properties as Kafka itself defines them, as JSON, without those that it calls internal. */
public class ListProperties {
    public static void main(String[] args) throws Exception {
        Map<String, Object> properties = new TreeMap<>();
        for (ConfigDef.ConfigKey key : AbstractKafkaConfig.CONFIG_DEF.configKeys().values()) {
            if (!key.internalConfig) properties.put(key.name, describe(key));
        }
        Map<String, Object> topics = new TreeMap<>();
        for (ConfigDef.ConfigKey key : LogConfig.configDefCopy().configKeys().values()) {
            if (!key.internalConfig) topics.put(key.name, describe(key));
        }
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("version", AppInfoParser.getVersion());
        list.put("properties", properties);
        list.put("topics", topics);
        System.out.println(new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(list));
    }

    private static Map<String, Object> describe(ConfigDef.ConfigKey key) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("type", key.type.name().toLowerCase());
        described.put("default", key.hasDefault() ? text(key) : null);
        String documentation = key.documentation.toLowerCase();
        if (documentation.contains("is deprecated") || documentation.contains("been deprecated")) {
            described.put("deprecated", true);
        }
        // Kafka's validators have no getters: what they accept is in their text alone.
        if (key.validator instanceof ConfigDef.Range) described.put("range", key.validator.toString());
        if (key.validator instanceof ConfigDef.ValidString) described.put("values", values(key));
        return described;
    }

    private static String text(ConfigDef.ConfigKey key) {
        return key.defaultValue == null ? null : ConfigDef.convertToString(key.defaultValue, key.type);
    }

    private static List<String> values(ConfigDef.ConfigKey key) {
        return Arrays.asList(key.validator.toString().replaceAll("[\\[\\]]", "").split(", "));
    }
}
